type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A setting that is true or false.
 * @param otherwise where the variable is not set, or empty
 * @throws Error that names the variable: a misspelt `True` must not quietly mean no
 */
export function flag(env: Environment, name: string, otherwise: boolean): boolean {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  if (text !== 'true' && text !== 'false') throw new Error(`${name} is "${text}", must be true or false`);
  return text === 'true';
}
