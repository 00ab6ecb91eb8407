import { readFile } from 'node:fs/promises';
import { client } from '../../../lib/kube/client.ts';
import { connect } from '../../../lib/kube/connection.ts';
import { CONFIG_MAPS } from '../../../lib/kube/resources.ts';
import { api as openApi } from '../../../services/enforcer/api.ts';
import type { Api } from '../../../services/enforcer/api.ts';
import { configMaps } from '../../../templates/config-maps.ts';
import { installApi } from '../../../tools/controlplane/install.ts';
import { startControlPlane } from '../../../tools/controlplane/start.ts';

export const NAMESPACE = 'naas-system';
const TEMPLATES = new URL('../../../templates/', import.meta.url);
const FILES = ['eos/generic.j2', 'eos/interface.j2', 'models/generic.yaml'];

/** Of the switches with a candidate of several SSH packets. */
const BULK = '{% for vlan in model.vlans %}\nvlan {{ vlan.id }}\n   name {{ vlan.name }}\n{% endfor %}\n';

/** A real API server with the platform's API, templates and base model. */
export interface Platform {
  readonly api: Api;
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

export async function startPlatform(): Promise<Platform> {
  const plane = await startControlPlane({ controllerManager: false });
  try {
    await installApi(plane);
    const kubeconfig = await plane.kubeconfigFor({
      name: 'experiment',
      groups: ['system:masters', 'naas:break-glass'],
    });
    const connection = await connect({ kubeconfig });
    const files: Record<string, string> = {};
    for (const file of FILES) files[file] = await readFile(new URL(file, TEMPLATES), 'utf8');
    const maps = client(connection, CONFIG_MAPS);
    files['eos/bulk.j2'] = BULK;
    for (const map of configMaps(files)) await maps.create(map);
    return {
      api: openApi(connection, NAMESPACE),
      kubeconfig,
      async stop() {
        await connection.close();
        await plane.stop();
      },
    };
  } catch (error) {
    await plane.stop();
    throw error;
  }
}
