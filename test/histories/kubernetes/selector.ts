import type { KubeObject } from '../../../lib/kube/types.ts';

/** Whether an object is among those that a list or watch asks for. */
export type Selector = (object: KubeObject) => boolean;

/** @param labels `a=b,c!=d,!e,f,g in (h,i)`; @param fields `metadata.name=x` */
export function selector(
  namespace: string | undefined,
  labels: string | undefined,
  fields: string | undefined,
): Selector {
  const tests: Selector[] = [];
  if (namespace !== undefined) tests.push(({ metadata }) => metadata.namespace === namespace);
  for (const part of split(labels)) tests.push(labelTest(part));
  for (const part of split(fields)) {
    const [field, value] = part.split('=');
    if (field !== 'metadata.name') throw new Error(`field selector ${part} is not supported`);
    tests.push(({ metadata }) => metadata.name === value);
  }
  return (object) => tests.every((test) => test(object));
}

function labelTest(part: string): Selector {
  const [, among, listed] = /^(\S+) in \((.*)\)$/.exec(part) ?? [];
  if (among !== undefined) return ({ metadata }) => split(listed).includes(metadata.labels?.[among] ?? '');
  const [, absent, key = '', operator, value] = /^(!?)([^!=]+)(?:(!?=)(.*))?$/.exec(part) ?? [];
  return ({ metadata }) => {
    const found = metadata.labels?.[key];
    if (absent === '!') return found === undefined;
    if (operator === undefined) return found !== undefined;
    return operator === '=' ? found === value : found !== value;
  };
}

function split(text: string | undefined): string[] {
  // Commas in parentheses part values, not requirements.
  return text === undefined || text === '' ? [] : text.split(/,(?![^(]*\))/);
}
