import type { Device, Ledger } from '../../../crds/types.gen.ts';
import { MODEL_KEY } from '../../../crds/names.ts';
import { isMapping, readYaml } from '../../../lib/ports/safe-yaml.ts';
import { topClaim } from '../../../lib/ledger/claim.ts';
import { portsOf } from '../../../lib/ledger/edit.ts';
import { isRebuilding } from '../../../lib/ledger/release.ts';
import { requestFacts } from '../../../lib/ledger/request.ts';
import type { Property, Scene } from './property.ts';

/** R10: a lost ledger gets back what its model shows of requests whose newer generation is not decided. */
export const restored: Property = {
  name: 'R10: a rebuilt ledger has what its model shows',
  onWrite({ target, before, after }, scene) {
    if (target.plural !== 'devices' || before === undefined || after === undefined) return;
    const [was, is] = [before as Device, after as Device];
    if (!isRebuilding(was) || isRebuilding(is)) return;
    const { name } = is.metadata;
    for (const [port, entry] of Object.entries(modelOf(name, scene))) {
      const top = topClaim(entry);
      const request = top === undefined ? undefined : scene.record.request(top.uid);
      if (top === undefined || request === undefined) continue;
      const { deleting, generation, accepted } = requestFacts(request);
      // Of what is decided, its spec tells; of what is disputed, nobody gets it.
      if (deleting || accepted?.generation !== top.generation || generation === top.generation) continue;
      if (isWantedByOthers(name, port, top.namespace, scene)) continue;
      if (!portsOf(is, top.uid).includes(port)) {
        scene.broken(
          `${name} is rebuilt without ${top.uid}@${top.generation} on ${port}, as its model shows`,
        );
      }
    }
  },
};

function modelOf(device: string, { record }: Scene): Ledger {
  const map = record.model(device);
  const model = readYaml(map?.data?.[MODEL_KEY] ?? '', 'model');
  return isMapping(model) ? (model as Ledger) : {};
}

function isWantedByOthers(name: string, port: string, namespace: string, { record }: Scene): boolean {
  return record.requests().some((request) => {
    const { uid, accepted, namespace: other } = requestFacts(request);
    if (accepted === undefined || other === namespace) return false;
    return (record.listed(uid, accepted.generation) ?? []).some(
      (listed) => listed.device === name && listed.port === port,
    );
  });
}
