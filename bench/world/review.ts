/** AdmissionReviews as the API server sends them, for requests over the ports of {@link ownedLedger}. */
import { API_VERSION, GROUP, VERSION } from '../../crds/names.ts';
import { OWNED, deviceName } from './ledger.ts';

export interface ReviewOptions {
  readonly uid: string;
  /** Who asks. */
  readonly namespace: string;
  /** How many ports, from port 1 of the first device on; the next device follows when one is full. */
  readonly ports: number;
  readonly firstDevice: number;
}

/** The user of the request, and the uid of the one that owns all ports. */
export const OWNER = {
  namespace: 'tenant-a',
  name: 'request-001',
  uid: '6f1f3c0e-0000-4000-8000-000000000001',
};

export function reviewOf({ uid, namespace, ports, firstDevice }: ReviewOptions) {
  const services = [];
  for (let left = ports, device = firstDevice; left > 0; left -= OWNED, device += 1) {
    services.push({
      devicename: deviceName(device),
      ports: Array.from({ length: Math.min(left, OWNED) }, (_, index) => String(index + 1)),
      ...{ vlan: 20, trunk: false, shutdown: false, stp: 'portfast' },
    });
  }
  const named = { group: GROUP, version: VERSION };
  const time = '2026-01-01T00:00:00Z';
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid,
      kind: { ...named, kind: 'Interface' },
      resource: { ...named, resource: 'interfaces' },
      requestKind: { ...named, kind: 'Interface' },
      requestResource: { ...named, resource: 'interfaces' },
      name: OWNER.name,
      namespace,
      operation: 'CREATE',
      userInfo: { username: `oidc:user@${namespace}.example`, groups: ['system:authenticated'] },
      object: {
        apiVersion: API_VERSION,
        kind: 'Interface',
        metadata: {
          ...{ name: OWNER.name, namespace, uid: OWNER.uid, generation: 1, creationTimestamp: time },
          managedFields: [
            {
              ...{ manager: 'kubectl', operation: 'Apply', apiVersion: API_VERSION, time },
              ...{ fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': { 'f:services': {} } } },
            },
          ],
        },
        spec: { services },
      },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    },
  };
}
