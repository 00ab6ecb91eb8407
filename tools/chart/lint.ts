/** `helm lint --strict` of the chart with each file of values in `charts/naas/ci`; exits 1 if any is not in order. */
import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findBinary } from '../controlplane/binaries.ts';

const CHART = new URL('../../charts/naas/', import.meta.url).pathname;

const helm = await findBinary('helm', console.log);
const files = (await readdir(join(CHART, 'ci'))).sort();
if (files.length === 0) throw new Error('charts/naas/ci holds no values: nothing was checked');
for (const file of files) {
  const args = ['lint', '--strict', '--quiet', CHART, '--namespace', 'naas-system', '--values'];
  const { status, stdout, stderr } = spawnSync(helm, [...args, join(CHART, 'ci', file)], {
    encoding: 'utf8',
  });
  if (status === 0) continue;
  console.error(`charts/naas/ci/${file}:\n${stdout}${stderr}`);
  process.exitCode = 1;
}
