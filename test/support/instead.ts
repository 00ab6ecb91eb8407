/** An object with some of its methods replaced; the others work on the object itself. */
export function instead<T extends object>(base: T, changes: Partial<T>): T {
  return new Proxy(base, {
    get(real, name) {
      const changed: unknown = Reflect.get(changes, name);
      if (changed !== undefined) return changed;
      const value: unknown = Reflect.get(real, name);
      return typeof value === 'function' ? (value.bind(real) as unknown) : value;
    },
  });
}
