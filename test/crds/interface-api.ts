import assert from 'node:assert/strict';
import { after } from 'node:test';
import { API_VERSION } from '../../crds/names.ts';
import type { ControlPlane } from '../../tools/controlplane/start.ts';
import { apiCaller, type ApiAnswer, type ApiCaller } from '../support/api-caller.ts';
import type { ServiceChange } from './interface-cases.ts';

export const INTERFACES = `/apis/${API_VERSION}/namespaces/default/interfaces`;

/** What the tests of Interface do to the API server, as its administrator. */
export interface InterfaceApi {
  readonly controlPlane: ControlPlane;
  readonly admin: ApiCaller;
  /** What the API server says to a body, which it does not store. */
  dryRun(body: unknown): Promise<ApiAnswer>;
  /** Stores a body, which must be good. */
  create(body: unknown): Promise<ApiAnswer['body']>;
}

export async function interfaceApi(controlPlane: ControlPlane): Promise<InterfaceApi> {
  const admin = await apiCaller(controlPlane.kubeconfig);
  after(() => admin.close());
  return {
    controlPlane,
    admin,
    dryRun: (body) => admin('POST', `${INTERFACES}?dryRun=All&fieldValidation=Strict`, body),
    async create(body) {
      const { status, body: stored } = await admin('POST', INTERFACES, body);
      assert.equal(status, 201, stored.message);
      return stored;
    },
  };
}

/** An Interface with one good entry per change, changed. */
export function request(name: string, ...services: ServiceChange[]) {
  return {
    apiVersion: API_VERSION,
    kind: 'Interface',
    metadata: { name },
    spec: {
      services: services.map((change) => ({ devicename: 'deviceA', ports: ['1-15'], vlan: 10, ...change })),
    },
  };
}

/** Asserts that the schema refused a body, with a cause at `field` whose message fits. */
export function assertRefused({ status, body }: ApiAnswer, field: string, message: string | RegExp): void {
  assert.equal(status, 422, `${status} ${JSON.stringify(body)}`);
  const causes: { field: string; message: string }[] = body.details.causes;
  const fits = (text: string) => (typeof message === 'string' ? text.includes(message) : message.test(text));
  assert.ok(
    causes.some((cause) => cause.field === field && fits(cause.message)),
    `no cause at ${field} with ${message}: ${JSON.stringify(causes)}`,
  );
}
