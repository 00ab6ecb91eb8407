/** Are two values the same once written as JSON? The order of fields does not matter, nor fields that are undefined. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => sameJson(item, b[index]));
  }
  const left = definedFields(a);
  const right = new Map(definedFields(b));
  if (left.length !== right.size) return false;
  return left.every(([key, value]) => right.has(key) && sameJson(value, right.get(key)));
}

function definedFields(object: object): [string, unknown][] {
  return Object.entries(object).filter(([, value]) => value !== undefined);
}
