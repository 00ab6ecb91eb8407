import { isDeepStrictEqual } from 'node:util';
import { DEFAULTS_ANNOTATION, EXPAND_ANNOTATION } from '../../crds/names.ts';
import type { PortDefaults } from '../../lib/ports/defaults.ts';
import { readDefaults, writeDefaults } from './defaults-annotation.ts';
import type { ReviewedObject } from '../review/admission-review.ts';
import { expandPorts } from './expand-ports.ts';

/** The most services a request may have (crds/interface.yaml). */
const MAX_SERVICES = 64;

export interface Mutation {
  object: ReviewedObject;
  /** Where `shutdown: true` came from the defaults in a part of the request that is new or changed. */
  shutByDefault: { device: string; ports: readonly unknown[] }[];
}

/**
 * Writes a request as it counts: ports expanded, sorted and as text, what it leaves out filled in, and the defaults
 * used for that kept in an annotation. Nothing relies on it: a request stored as it was written counts the same.
 *
 * Running it on its own result changes nothing (S-29).
 *
 * @param oldObject the stored object of an UPDATE
 * @param defaults today's; those in the object's annotation go first, so that applying a file again never changes a
 * port when the defaults have changed meanwhile
 * @param expandInPlace false leaves `spec` as written, like the annotation `network.as.a.service/expand: "false"`
 */
export function mutateInterface(
  object: ReviewedObject,
  oldObject: ReviewedObject | undefined,
  defaults: PortDefaults,
  expandInPlace: boolean,
): Mutation {
  const stored = readDefaults(object.metadata);
  // Validation denies it and names it: guessing what was meant would store something else than was asked for.
  if (stored !== undefined && 'problem' in stored) return { object, shutByDefault: [] };
  const used = stored?.defaults ?? defaults;
  const annotations = { ...object.metadata?.annotations };
  const inPlace = expandInPlace && annotations[EXPAND_ANNOTATION] !== 'false';
  if (stored === undefined) annotations[DEFAULTS_ANNOTATION] = writeDefaults(used);
  const before = servicesOf(object.spec);
  // S-07: the schema refuses so many; nothing is spent on them here.
  if (before.length > MAX_SERVICES) return { object, shutByDefault: [] };
  const after = before.map((service) => (isRecord(service) ? writeService(service, used) : service));
  const spec = inPlace && before.length > 0 ? { ...(object.spec as object), services: after } : object.spec;
  const unchanged = new Set(
    after.flatMap((service, index) =>
      servicesOf(oldObject?.spec).some(
        (old) => isDeepStrictEqual(old, service) || isDeepStrictEqual(old, before[index]),
      )
        ? [index]
        : [],
    ),
  );
  const shutByDefault = before.flatMap((service, index) => {
    if (!used.shutdown || !isRecord(service) || service['shutdown'] !== undefined) return [];
    if (unchanged.has(index)) return [];
    const { devicename: device, ports } = service;
    return typeof device === 'string' && Array.isArray(ports) ? [{ device, ports: ports as unknown[] }] : [];
  });
  return {
    object: { ...object, metadata: { ...object.metadata, annotations }, spec },
    shutByDefault,
  };
}

function writeService(service: Record<string, unknown>, defaults: PortDefaults): Record<string, unknown> {
  const written: Record<string, unknown> = { ...service };
  const ports = expandPorts(service['ports']);
  if (ports !== undefined) written['ports'] = ports;
  // `vlans` and `nativeVlan` need a trunk that the tenant asked for: the schema then refuses, as it would without us.
  const needsTrunk = service['vlans'] !== undefined || service['nativeVlan'] !== undefined;
  if (service['trunk'] === undefined && !needsTrunk) written['trunk'] = defaults.trunk;
  // Only what is left out is filled in. The API server drops null before it asks; one that is left is for the schema.
  if (service['shutdown'] === undefined) written['shutdown'] = defaults.shutdown;
  if (service['stp'] === undefined) written['stp'] = defaults.stp;
  return written;
}

function servicesOf(spec: unknown): readonly unknown[] {
  if (!isRecord(spec) || !Array.isArray(spec['services'])) return [];
  return spec['services'] as unknown[];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
