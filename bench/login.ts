/** What the credential plugin costs each call of kubectl. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterAddress } from '../services/cli/login/exec-info.ts';
import { rememberCluster } from '../services/cli/login/known-clusters.ts';
import { writeLogin } from '../services/cli/login/login-store.ts';
import { loginSettings, tokenArguments } from '../services/cli/login/settings.ts';
import { bundleCli } from '../tools/cli/bundle.ts';
import type { Benchmark } from './benchmark.ts';
import { digits, median, quantile } from './measure/statistics.ts';
import { table } from './measure/table.ts';

const benchmark: Benchmark = {
  title: 'Login: what kubectl waits for',
  about:
    '`kubectl naas token` with a stored login, as the bundle that people get, from the start of the process to its end; ' +
    'beside it a Node that does nothing. Goal: below 100 ms.',
  async run({ quick, progress }) {
    const folder = await mkdtemp(join(tmpdir(), 'naas-bench-login-'));
    try {
      const bundle = join(folder, 'kubectl-naas.cjs');
      await bundleCli(bundle);
      const settings = loginSettings({ issuer: 'https://issuer.example', 'client-id': 'naas' }, 'naas');
      const cluster = { server: 'https://cluster.example' };
      const logins = join(folder, 'logins');
      const claims = Buffer.from(JSON.stringify({ iss: settings.issuer, aud: 'naas' })).toString('base64url');
      const obtained = Date.now();
      writeLogin(logins, settings, {
        ...{ issuer: settings.issuer, clientId: 'naas', subject: '1', idToken: `e30.${claims}.x` },
        ...{ obtained, expires: obtained + 3_600_000 },
      });
      rememberCluster(logins, clusterAddress(cluster), settings);
      const env = {
        NAAS_LOGIN_FOLDER: logins,
        KUBERNETES_EXEC_INFO: JSON.stringify({ spec: { interactive: false, cluster } }),
      };
      const programs = {
        'kubectl naas token': [bundle, 'token', ...tokenArguments(settings)],
        'node, nothing': ['-e', ''],
      };
      const rows = Object.entries(programs).map(([name, words]) => {
        progress(name);
        const times = Array.from({ length: quick ? 10 : 100 }, () => {
          const started = performance.now();
          const { status, stderr } = spawnSync(process.execPath, words, { env, encoding: 'utf8' });
          if (status !== 0) throw new Error(`${name}: ${stderr}`);
          return performance.now() - started;
        });
        return [name, digits(median(times)), digits(quantile(times, 0.95))];
      });
      return table(['Process', 'p50 ms', 'p95 ms'], rows);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
export default benchmark;
