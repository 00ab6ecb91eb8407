import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { configMaps } from '../../templates/config-maps.ts';
import { templateFiles } from '../platform/template-files.ts';

/** What the chart installs as it is written elsewhere, by path below `files/generated`. */
const COPIES: Readonly<Record<string, string>> = {
  'crds/interface.yaml': 'crds/interface.yaml',
  'crds/device.yaml': 'crds/device.yaml',
  'crds/tenant.yaml': 'crds/tenant.yaml',
  'crds/device-writers.yaml': 'crds/device-writers.yaml',
  'crds/enforcer-leases.yaml': 'crds/enforcer-leases.yaml',
  'crds/tenant-role.yaml': 'crds/tenant-role.yaml',
  'rbac/webhooks.yaml': 'webhooks/rbac.yaml',
  'rbac/interface-watcher.yaml': 'services/interface-watcher/rbac.yaml',
  'rbac/device-watcher.yaml': 'services/device-watcher/rbac.yaml',
  'rbac/scheduler.yaml': 'services/scheduler/rbac.yaml',
  'rbac/tenant-controller.yaml': 'services/tenant-controller/rbac.yaml',
  'rbac/enforcer.yaml': 'services/enforcer/rbac.yaml',
  'webhooks.yaml': 'webhooks/webhooks.yaml',
};

/**
 * Files of the chart that say what other files of the repository say, by path below `files/generated`. Objects are in
 * namespace `naas-system` there: the chart puts its own in.
 * @param root path of the repository
 */
export async function chartFiles(root: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [target, source] of Object.entries(COPIES))
    files.set(target, await readFile(join(root, source), 'utf8'));
  const templates = configMaps(await templateFiles());
  files.set('templates.yaml', templates.map((object) => stringify(object)).join('---\n'));
  return files;
}
