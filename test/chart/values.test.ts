/** Wrong values are refused with a message that names the field, by Helm itself. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { helm } from '../support/helm.ts';
import { CHART } from './chart.ts';

describe('a value is refused by name', () => {
  const cases: [values: object, field: string, says: RegExp][] = [
    [{ replicas: 2 }, 'replicas', /additional properties 'replicas' not allowed/],
    [{ webhooks: { replica: 2 } }, 'webhooks', /'replica' not allowed/],
    [{ webhooks: { replicas: '2' } }, 'webhooks/replicas', /want integer/],
    [{ webhooks: { replicas: 99 } }, 'webhooks/replicas', /maximum/],
    [{ image: { digest: 'sha256:1' } }, 'image/digest', /does not match pattern/],
    [{ image: { repository: 'a@sha256:0' } }, 'image/repository', /does not match pattern/],
    [{ image: { pullPolicy: 'always' } }, 'image/pullPolicy', /must be one of/],
    [{ image: { pullSecrets: ['registry'] } }, 'image/pullSecrets/0', /want object/],
    [{ crds: { keep: 'yes' } }, 'crds/keep', /want boolean/],
    [{ requests: { expandInplace: false } }, 'requests', /'expandInplace' not allowed/],
    [{ interfaceDefaults: { values: { stp: 'edge' } } }, 'interfaceDefaults/values/stp', /must be one of/],
    [{ interfaceDefaults: { values: { mtu: 9000 } } }, 'interfaceDefaults/values', /'mtu' not allowed/],
    [{ inventory: { existingSecret: 'Not_A_Name' } }, 'inventory/existingSecret', /does not match pattern/],
    [{ certManager: { issuerRef: { kind: 'Vault' } } }, 'certManager/issuerRef/kind', /must be one of/],
    [{ api: { url: 'http://a' } }, 'api/url', /does not match pattern/],
    [{ api: { service: { type: 'ExternalName' } } }, 'api/service/type', /must be one of/],
    [{ pods: { logLevel: 'verbose' } }, 'pods/logLevel', /must be one of/],
    [{ pods: { nodeSelector: { a: true } } }, 'pods/nodeSelector/a', /want string/],
    [{ pods: { tolerations: [{ effect: 'Never' }] } }, 'pods/tolerations/0/effect', /must be one of/],
    [{ scheduler: { resources: { cpu: '1' } } }, 'scheduler/resources', /'cpu' not allowed/],
    [
      { enforcers: { resources: { limits: { memory: 'much' } } } },
      'enforcers/resources/limits/memory',
      /does not match pattern/,
    ],
    [{ enforcers: { activeDeadlineSeconds: 30 } }, 'enforcers/activeDeadlineSeconds', /minimum/],
    [{ enforcers: { serviceAccountName: 'admin' } }, 'enforcers', /'serviceAccountName' not allowed/],
    [
      { networkPolicies: { switches: [{ ports: [22] }] } },
      'networkPolicies/switches/0',
      /missing property 'cidr'/,
    ],
    [
      { networkPolicies: { switches: [{ cidr: 'switches' }] } },
      'networkPolicies/switches/0/cidr',
      /does not match pattern/,
    ],
    [
      { networkPolicies: { switches: [{ cidr: '10.0.0.0/8', ports: [70_000] }] } },
      'networkPolicies/switches/0/ports/0',
      /maximum/,
    ],
    // An empty peer would mean everybody.
    [{ networkPolicies: { webhooks: { from: [{}] } } }, 'networkPolicies/webhooks/from/0', /minProperties/],
    [{ networkPolicies: { api: { from: 'all' } } }, 'networkPolicies/api/from', /must be 'any'/],
    [{ monitoring: { serviceMonitor: { interval: '30' } } }, 'serviceMonitor/interval', /does not match/],
    [
      { test: { allowed: { device: 'leaf1', port: '1' } } },
      'test.allowed.namespace',
      /must be a tenant's namespace, since requests\.requireTenant denies all others/,
    ],
  ];
  for (const [values, field, says] of cases) {
    test(JSON.stringify(values), async () => {
      const { code, stderr } = await helm(
        '',
        ['template', 'naas', CHART, '--values', '-'],
        JSON.stringify(values),
      );
      assert.notEqual(code, 0, 'it was taken');
      assert.ok(stderr.includes(field), stderr);
      assert.match(stderr, says);
    });
  }
});
