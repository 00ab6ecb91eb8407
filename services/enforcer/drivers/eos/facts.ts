import type { Facts } from '../../driver.ts';

/** Reads `show version | json`. @throws SyntaxError when it is no JSON */
export function readFactsJson(text: string): Facts {
  const value: unknown = JSON.parse(text);
  const field = (name: string): string | undefined => {
    const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
    return typeof found === 'string' && found !== '' ? found.slice(0, 128) : undefined;
  };
  return facts(field('serialNumber'), field('version'), field('modelName'));
}

/** Reads `show version` as text. */
export function readFactsText(text: string): Facts {
  const after = (label: RegExp): string | undefined => label.exec(text)?.[1]?.slice(0, 128);
  return facts(
    after(/^Serial number:[ \t]+(\S+)/m),
    after(/^Software image version:[ \t]+(\S+)/m),
    after(/^Arista (\S+)/m),
  );
}

function facts(serial: string | undefined, version: string | undefined, model: string | undefined): Facts {
  return {
    ...(serial === undefined ? {} : { serial }),
    ...(version === undefined ? {} : { version }),
    ...(model === undefined ? {} : { model }),
  };
}
