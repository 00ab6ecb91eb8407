import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Failure } from './failure.ts';
import { proxyTo } from './proxy.ts';

const PROXY = 'http://proxy.example:3128';

const to = (
  server: string,
  environment: Readonly<Record<string, string>>,
  proxyUrl?: string,
): string | undefined =>
  proxyTo({ name: 'lab', server, ...(proxyUrl !== undefined && { proxyUrl }) }, environment)?.href;

describe('the proxy to an API server', () => {
  it('is the cluster’s, else that of the environment, else none', () => {
    const environment = { HTTPS_PROXY: PROXY, NO_PROXY: '*' };
    assert.equal(to('https://api.example', environment, 'https://own.example'), 'https://own.example/');
    // As client-go has it: what the kubeconfig says of a cluster holds for its every address.
    assert.equal(to('https://127.0.0.1', environment, 'http://own.example'), 'http://own.example/');
    assert.equal(to('https://api.example', { HTTPS_PROXY: PROXY }), `${PROXY}/`);
    assert.equal(to('https://api.example', {}), undefined);
  });

  it('is that of the address’s protocol, in capitals before small letters', () => {
    const both = {
      HTTPS_PROXY: PROXY,
      https_proxy: 'http://small.example',
      http_proxy: 'http://plain.example',
    };
    assert.equal(to('https://api.example', both), `${PROXY}/`);
    assert.equal(to('http://api.example', both), 'http://plain.example/');
    assert.equal(to('https://api.example', { HTTPS_PROXY: '', https_proxy: PROXY }), `${PROXY}/`);
    assert.equal(to('https://api.example', { HTTPS_PROXY: 'proxy.example:3128' }), `${PROXY}/`);
  });

  for (const server of ['https://localhost:6443', 'https://127.1.2.3:6443', 'https://[::1]:6443'])
    it(`is none to ${server} by the environment`, () =>
      assert.equal(to(server, { HTTPS_PROXY: PROXY }), undefined));

  for (const [noProxy, server, direct] of [
    ['*', 'https://api.example', true],
    ['api.example', 'https://api.example', true],
    ['other.example, API.example ', 'https://api.example', true],
    ['example', 'https://api.example', true],
    ['.example', 'https://api.example', true],
    ['*.example', 'https://api.example', true],
    ['.api.example', 'https://api.example', false],
    ['i.example', 'https://api.example', false],
    ['api.example:6443', 'https://api.example:6443', true],
    ['api.example:6443', 'https://api.example', false],
    ['api.example:443', 'https://api.example', true],
    ['10.0.0.1', 'https://10.0.0.1:6443', true],
    ['10.0.0.1:6443', 'https://10.0.0.1:6443', true],
    ['10.0.0.1:443', 'https://10.0.0.1:6443', false],
    ['10.0.0.0/8', 'https://10.1.2.3:6443', true],
    ['10.0.0.0/8', 'https://11.1.2.3:6443', false],
    ['10.0.0.0/99', 'https://10.1.2.3:6443', false],
    ['10.0.0.0/8', 'https://10.example', false],
    ['fd00::/8', 'https://[fd00::1]:6443', true],
    ['fd00::/8', 'https://10.1.2.3:6443', false],
    ['fd00::1', 'https://[fd00:0::1]:6443', true],
    ['[fd00::1]:6443', 'https://[fd00::1]:6443', true],
    ['', 'https://api.example', false],
    [',:6443,/8', 'https://api.example:6443', false],
  ] as const)
    it(`NO_PROXY "${noProxy}": ${server} is asked ${direct ? 'straight' : 'by it'}`, () =>
      assert.equal(to(server, { HTTPS_PROXY: PROXY, NO_PROXY: noProxy }), direct ? undefined : `${PROXY}/`));

  for (const [proxyUrl, environment, message, next] of [
    [
      'socks5://anna:secret@proxy.example',
      {},
      'proxy-url of cluster "lab" is socks5: only http and https proxies can be used',
      'kubectl config set-cluster lab --proxy-url http://HOST:PORT',
    ],
    [
      'proxy example',
      {},
      'proxy-url of cluster "lab" is no address: only http and https proxies can be used',
      'kubectl config set-cluster lab --proxy-url http://HOST:PORT',
    ],
    [
      undefined,
      { https_proxy: 'socks5://proxy.example' },
      'https_proxy is socks5: only http and https proxies can be used',
      'https_proxy=http://HOST:PORT, or NO_PROXY=api.example',
    ],
  ] as const)
    it(`is refused: ${message}`, () =>
      assert.throws(
        () => to('https://api.example', environment, proxyUrl),
        (error) => {
          assert.ok(error instanceof Failure);
          assert.deepEqual([error.message, error.next], [message, next]);
          return true;
        },
      ));
});
