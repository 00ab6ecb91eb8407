import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ControlPlane } from '../../tools/controlplane/start.ts';

/** A kubeconfig of a tenant's person whose context is of the tenant's namespace, as a login writes it. */
export async function kubeconfigOf(plane: ControlPlane, folder: string, tenant: string): Promise<string> {
  const file = join(folder, `${tenant}.kubeconfig`);
  await plane.writeKubeconfig(file, { name: `user@${tenant}.example` });
  const config = parse(await readFile(file, 'utf8')) as { contexts: { context: object }[] };
  for (const entry of config.contexts) entry.context = { ...entry.context, namespace: tenant };
  await writeFile(file, JSON.stringify(config));
  return file;
}

/** Lines of a table without the spaces that only make columns; empty lines left out. */
export function seen(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/ +/g, ' '))
    .filter((line) => line !== '');
}
