/** Are two values the same once written as JSON? The order of fields does not matter, nor fields that are undefined. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => sameJson(item, b[index]));
  }
  let fields = 0;
  for (const [key, value] of Object.entries(a)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(b, key) || !sameJson(value, (b as Record<string, unknown>)[key])) return false;
    fields += 1;
  }
  return fields === Object.values(b).filter((value) => value !== undefined).length;
}
