import { stringify } from 'yaml';
import type { TopClaim } from '../../lib/ledger/claim.ts';
import { canonicalPort } from '../../lib/ports/port.ts';
import type { PortName } from '../../lib/ports/port.ts';
import { settingsOf } from '../../lib/ports/settings.ts';

/** Texts that are the same in YAML, whatever reads it: names, Kubernetes uids, times. */
const PLAIN =
  /^(?:[A-Za-z][A-Za-z0-9-]*|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/;
const RANGES = /^\d{1,4}(?:[-,]\d{1,4})+$/;
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/**
 * One port of a model as YAML, ending in a newline. Nearly all ports hold nothing but names, numbers, uids and times,
 * for which a YAML library costs a hundred times what writing the lines does; all else is left to the library.
 */
export function portText(port: PortName, top: TopClaim): string {
  return isPlain(port, top) ? plainText(port, top) : libraryText(port, top);
}

/** As the library writes it. */
export function libraryText(port: PortName, top: TopClaim): string {
  const { namespace, owner, uid, generation, timestamp, since } = top;
  const shown = { ...settingsOf(top), annotations: { namespace, owner, uid, generation, timestamp, since } };
  // A Map keeps the key a string. No line is folded, however long.
  return stringify(new Map([[port, shown]]), { lineWidth: 0, aliasDuplicateObjects: false });
}

function isPlain(port: PortName, top: TopClaim): boolean {
  const { description, namespace, owner, uid, timestamp, vlans } = top;
  return (
    canonicalPort(port) !== undefined &&
    (vlans === undefined || RANGES.test(vlans)) &&
    [description, namespace, owner, uid, timestamp].every((text) => PLAIN.test(text) && !WORDS.test(text))
  );
}

function plainText(port: PortName, top: TopClaim): string {
  const key = port.includes('/') ? port : `"${port}"`;
  const vlans = top.vlans === undefined ? '' : `\n  vlans: ${top.vlans}`;
  const native = top.nativeVlan === undefined ? '' : `\n  nativeVlan: ${top.nativeVlan}`;
  return `${key}:
  vlan: ${top.vlan}
  trunk: ${top.trunk}
  shutdown: ${top.shutdown}
  stp: ${top.stp}${vlans}${native}
  description: ${top.description}
  annotations:
    namespace: ${top.namespace}
    owner: ${top.owner}
    uid: ${top.uid}
    generation: ${top.generation}
    timestamp: ${top.timestamp}
    since: ${top.since}
`;
}
