import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';

/** By the schema of CycloneDX 1.6 as its makers publish it. Formats are not checked: what we write is made of names. */
export function cyclonedxValidator(): ValidateFunction {
  const folder = createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json');
  const schema = (name: string): object => {
    const file = new URL(`res/schema/${name}.SNAPSHOT.schema.json`, `file://${folder}`);
    return JSON.parse(readFileSync(file, 'utf8')) as object;
  };
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  for (const name of ['jsf-0.82', 'spdx'])
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  return ajv.compile(schema('bom-1.6'));
}
