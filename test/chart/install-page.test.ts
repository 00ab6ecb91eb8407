/** What docs/install.md shows can be used as it stands. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseInventory } from '../../lib/inventory/parse.ts';
import { authenticationConfiguration } from '../../services/cli/setup/authentication-configuration.ts';
import { manifests, only, render, ROOT } from './chart.ts';

const page = await readFile(join(ROOT, 'docs/install.md'), 'utf8');
const blocks = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text);

function block(beginning: RegExp): string {
  const found = blocks.filter((text) => beginning.test(text));
  assert.equal(found.length, 1, String(beginning));
  return found[0] ?? '';
}

test('every block of YAML can be read', () => {
  assert.ok(blocks.length >= 6);
  for (const text of blocks)
    for (const object of manifests(text)) assert.ok(typeof object === 'object', text);
});

test('the inventory is in order once it has a real key', () => {
  const key = Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), Buffer.alloc(32, 1)]);
  const hosts = block(/^# hosts\.yaml/).replace('AAAA…', key.toString('base64'));
  assert.deepEqual([...parseInventory({ hosts }).devices.keys()], ['leaf1']);
});

test('the values are taken', async () => {
  const written = /cat > my-values\.yaml <<EOF\n([^]*?)EOF/.exec(page)?.[1] ?? '';
  const mine = written
    .replace('$REPOSITORY', 'registry.example.com/network/naas')
    .replace('$DIGEST', `sha256:${'0'.repeat(64)}`);
  for (const text of [mine, block(/^certManager:/)]) await render({ values: parse(text) as object });
  // In the text, values stand as `path: value` or `path` alone.
  const schema = JSON.parse(await readFile(join(ROOT, 'charts/naas/values.schema.json'), 'utf8')) as Schema;
  const named = page.matchAll(
    /`((?:image|crds|namespace|requests|inventory|templates|certManager|api|enforcers|networkPolicies|monitoring)(?:\.[A-Za-z]+)+)/g,
  );
  for (const [, path = ''] of named) {
    let at: Schema | undefined = schema;
    for (const name of path.split('.')) at = at?.properties?.[name];
    assert.ok(at, `${path} is no value of the chart`);
  }
});

test('the webhooks are called from the addresses that are named, and from nowhere else', async () => {
  const objects = await render({ values: parse(block(/^networkPolicies:\n {2}webhooks:/)) as object });
  assert.deepEqual(only(objects, 'NetworkPolicy', 'to-webhooks')['spec'].ingress, [
    {
      from: [{ ipBlock: { cidr: '10.0.0.10/32' } }, { ipBlock: { cidr: '10.0.0.11/32' } }],
      ports: [{ protocol: 'TCP', port: 'https' }],
    },
  ]);
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

test('people are known as on the local platform', () => {
  const trust = { url: 'https://issuer.example.com', audiences: ['naas'] };
  assert.deepEqual(
    parse(block(/kind: AuthenticationConfiguration/)),
    parse(authenticationConfiguration(trust)),
  );
});
