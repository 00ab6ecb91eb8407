import { after } from 'node:test';
import type { ControlPlane, StartOptions } from '../../tools/controlplane/start.ts';
import { startControlPlane } from '../../tools/controlplane/start.ts';
import { apiCaller, type ApiCaller } from '../support/api-caller.ts';
import { kubectl } from '../support/kubectl.ts';

export interface TestCluster {
  readonly plane: ControlPlane;
  /** As cluster admin. */
  readonly admin: ApiCaller;
  /** kubectl as cluster admin; @throws Error with its words */
  kubectl(args: readonly string[], input?: string | object): Promise<string>;
}

/** A real API server for the chart to be installed on, with namespaces that enforce Pod Security `restricted`. */
export async function testCluster(
  namespaces: readonly string[],
  options: Pick<StartOptions, 'apiServerFlags'> = {},
): Promise<TestCluster> {
  const plane = await startControlPlane(options);
  after(() => plane.stop());
  const admin = await apiCaller(plane.kubeconfig);
  after(() => admin.close());
  const self: TestCluster = {
    plane,
    admin,
    async kubectl(args, input) {
      const text = typeof input === 'object' ? JSON.stringify(input) : input;
      const { code, stdout, stderr } = await kubectl(plane.kubeconfig, args, text);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
      return stdout;
    },
  };
  for (const name of namespaces) {
    await self.kubectl(['create', '-f', '-'], {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
  }
  return self;
}

/** Kinds that other projects bring, with schemas that take anything: only that the chart's objects are objects is tested. */
export const FOREIGN_KINDS = [
  ['cert-manager.io', 'Certificate', 'certificates'],
  ['cert-manager.io', 'Issuer', 'issuers'],
  ['monitoring.coreos.com', 'ServiceMonitor', 'servicemonitors'],
  ['monitoring.coreos.com', 'PrometheusRule', 'prometheusrules'],
].map(([group = '', kind = '', plural = '']) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}));
