/** C0, DEL, C1, and the two separators that some readers take for a line end (S-01). */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Whether the text could end a line or drive a terminal. */
export function hasControl(text: string): boolean {
  return CONTROL.test(text);
}

/**
 * Where data holds a control character, in a key or a value, as `a.b[0]`; undefined when nowhere. Data is printed
 * into command lines, so each value must stay within one.
 */
export function findControl(data: unknown, path = ''): string | undefined {
  if (typeof data === 'string') return hasControl(data) ? path : undefined;
  if (Array.isArray(data)) {
    for (const [i, item] of data.entries()) {
      const found = findControl(item, `${path}[${i}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (typeof data !== 'object' || data === null) return undefined;
  const entries: Iterable<[unknown, unknown]> = data instanceof Map ? data : Object.entries(data);
  for (const [key, value] of entries) {
    const name = JSON.stringify(String(key)).slice(1, -1);
    const at = path === '' ? name : `${path}.${name}`;
    if (hasControl(String(key))) return at;
    const found = findControl(value, at);
    if (found !== undefined) return found;
  }
  return undefined;
}
