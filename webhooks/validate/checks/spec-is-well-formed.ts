import type { InterfaceSpec } from '../../../crds/types.gen.ts';
import type { Check } from '../check.ts';

/** As crds/interface.yaml. */
const MAX_SERVICES = 64;
const MAX_ITEMS = 512;

/**
 * The schema has checked all of this before validation is asked. A review that does not come from the API server, or
 * a schema that someone loosened, is stopped here.
 * @throws Error: no tenant can cause it
 */
export const specIsWellFormed: Check = (context) => {
  const spec = context.review.object.spec;
  const services = isRecord(spec) ? spec['services'] : undefined;
  if (!Array.isArray(services) || services.length === 0 || services.length > MAX_SERVICES) {
    throw new Error(`spec.services is not a list of 1 to ${MAX_SERVICES} services`);
  }
  for (const [index, service] of (services as unknown[]).entries()) {
    const wrong = wrongField(service);
    if (wrong !== undefined) throw new Error(`spec.services[${index}]${wrong} is not what the schema allows`);
  }
  context.spec = spec as InterfaceSpec;
  return [];
};

function wrongField(service: unknown): string | undefined {
  if (!isRecord(service)) return '';
  if (typeof service['devicename'] !== 'string') return '.devicename';
  if (!isList(service['ports'])) return '.ports';
  if (service['vlans'] !== undefined && !isList(service['vlans'])) return '.vlans';
  for (const field of ['vlan', 'nativeVlan'] as const) {
    const value = service[field];
    if (value !== undefined && typeof value !== 'number') return `.${field}`;
  }
  for (const field of ['trunk', 'shutdown'] as const) {
    const value = service[field];
    if (value !== undefined && typeof value !== 'boolean') return `.${field}`;
  }
  for (const field of ['stp', 'description'] as const) {
    const value = service[field];
    if (value !== undefined && typeof value !== 'string') return `.${field}`;
  }
  return service['vlan'] === undefined ? '.vlan' : undefined;
}

function isList(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_ITEMS) return false;
  return (value as unknown[]).every((item) => typeof item === 'string' || typeof item === 'number');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
