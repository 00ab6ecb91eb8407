/** The command line where the API server is behind a proxy: as kubectl, by `proxy-url` or by the environment. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createAuthority } from '../../tools/controlplane/certificates.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import type { ConnectProxy, ConnectProxyOptions } from '../support/connect-proxy.ts';
import { runCli } from './run-cli.ts';
import type { CliResult } from './run-cli.ts';

const folder = await mkdtemp(join(tmpdir(), 'naas-proxy-'));
after(() => rm(folder, { recursive: true }));

/** Nobody but the proxy knows where this is. */
const NAME = 'api.cluster.invalid';
/** This machine, by an address that Go's rule for proxies does not take for it. */
const ANY = '0.0.0.0';
const authority = await createAuthority('test-proxy', Date.now());
const serving = await authority.issueServer('api', [NAME, ANY, '127.0.0.1']);
const api = createServer(serving, (request, response) => {
  response.setHeader('content-type', 'application/json');
  const version = { gitVersion: 'v1.36.3' };
  const group = { versions: [{ groupVersion: 'network.as.a.service/v1' }] };
  response.end(JSON.stringify(request.url === '/version' ? version : group));
});
api.listen(0, ANY);
await once(api, 'listening');
const { port } = api.address() as AddressInfo;
after(() => {
  api.close();
  api.closeAllConnections();
});

async function proxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const started = await startConnectProxy({ to: { port }, ...options });
  after(() => started.close());
  return started;
}

let count = 0;
/** Asks the API server for its version, by a kubeconfig with these fields of the cluster. */
async function ask(
  cluster: { readonly host?: string; readonly 'proxy-url'?: string },
  environment: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const { host = NAME, ...fields } = cluster;
  const file = join(folder, String((count += 1)));
  const data = Buffer.from(authority.cert).toString('base64');
  const clusters = [
    {
      name: 'lab',
      cluster: { server: `https://${host}:${port}`, 'certificate-authority-data': data, ...fields },
    },
  ];
  const users = [{ name: 'me', user: { token: 'secret-of-mine' } }];
  const contexts = [{ name: 'lab', context: { cluster: 'lab', user: 'me' } }];
  await writeFile(file, JSON.stringify({ clusters, users, contexts, 'current-context': 'lab' }));
  const words = ['version', '--no-headers', '--request-timeout', '30s'];
  return runCli(words, { environment: { KUBECONFIG: file, ...environment } });
}

function answered({ code, stdout, stderr }: CliResult): void {
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /kubernetes +v1\.36\.3\napi +network\.as\.a\.service\/v1\n/);
}

describe('an API server behind a proxy', () => {
  it('is asked through the proxy-url of its cluster, also on this machine', async () => {
    const { address, tunnels } = await proxy();
    answered(await ask({ 'proxy-url': address }));
    assert.deepEqual([...new Set(tunnels)], [`${NAME}:${port}`]);
    answered(await ask({ 'proxy-url': address, host: '127.0.0.1' }, { NO_PROXY: '*' }));
    assert.equal(tunnels.at(-1), `127.0.0.1:${port}`);
  });

  for (const variable of ['HTTPS_PROXY', 'https_proxy'])
    it(`is asked through ${variable}`, async () => {
      const { address, tunnels } = await proxy();
      answered(await ask({}, { [variable]: address }));
      answered(await ask({ host: ANY }, { [variable]: address.replace('http://', '') }));
      assert.deepEqual([...new Set(tunnels)], [`${NAME}:${port}`, `${ANY}:${port}`]);
    });

  it('is asked straight where NO_PROXY says so, and on this machine', async () => {
    const { address, tunnels } = await proxy();
    for (const noProxy of [ANY, '0.0.0.0/8', `${ANY}:${port}`, '*'])
      answered(await ask({ host: ANY }, { HTTPS_PROXY: address, NO_PROXY: noProxy }));
    answered(await ask({ host: ANY }, { HTTPS_PROXY: address, no_proxy: ANY }));
    answered(await ask({ host: '127.0.0.1' }, { HTTPS_PROXY: address }));
    assert.deepEqual(tunnels, []);
  });

  it('goes before the environment', async () => {
    const [own, other] = [await proxy(), await proxy()];
    answered(await ask({ 'proxy-url': own.address }, { HTTPS_PROXY: other.address }));
    assert.equal(other.tunnels.length, 0);
    assert.notEqual(own.tunnels.length, 0);
  });

  it('is asked through a proxy that wants a password', async () => {
    const { address, tunnels } = await proxy();
    answered(await ask({ 'proxy-url': address.replace('//', '//anna:pass%40word@') }));
    assert.equal(tunnels[0], `anna:pass@word@${NAME}:${port}`);
  });

  it('is asked through a proxy with a certificate of the cluster’s authority, and of no other', async () => {
    const { address } = await proxy({ tls: serving });
    answered(await ask({ 'proxy-url': address }));
    const foreign = await createAuthority('foreign', Date.now());
    const other = await proxy({ tls: await foreign.issueServer('proxy', ['127.0.0.1']) });
    assert.match((await ask({ 'proxy-url': other.address })).stderr, /cannot be reached: .*certificate/);
    assert.deepEqual(other.tunnels, []);
  });

  it('that the proxy does not lead to is told', async () => {
    const { address } = await proxy({ refuses: 403 });
    assert.match((await ask({ 'proxy-url': address })).stderr, /cannot be reached: .*Proxy response \(403\)/);
  });

  it('is not asked through what is no http or https proxy; the field is named, its password is not', async () => {
    const { stdout, stderr } = await ask({ 'proxy-url': 'socks5://anna:password@127.0.0.1:1' });
    assert.equal(stderr, 'proxy-url of cluster "lab" is socks5: only http and https proxies can be used\n');
    assert.doesNotMatch(stdout, /kubernetes/);
  });
});
