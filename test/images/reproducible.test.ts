/** Same input, same digest; and the Dockerfile copies the same files. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { parseDockerfile } from '../../tools/images/dockerfile.ts';
import type { TarMember } from '../../tools/images/tar-reader.ts';
import { build, readImage, ROOT, temporary } from './built-image.ts';

const PLATFORM = 'linux/amd64';
const directory = join(await temporary(), 'images');
const digests = await build(directory, ['--platform', PLATFORM]);

/** The repository once more at another place, below this one so that packages can be linked. */
async function copyOfRepository(): Promise<string> {
  await mkdir(join(ROOT, 'dist'), { recursive: true });
  const copy = await mkdtemp(join(ROOT, 'dist/copy-'));
  after(() => rm(copy, { recursive: true, force: true }));
  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', listed, { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean);
  for (const file of files) {
    // A file that was deleted and not yet committed.
    if ((await stat(join(ROOT, file)).catch(() => undefined)) === undefined) continue;
    await mkdir(join(copy, dirname(file)), { recursive: true });
    execFileSync('cp', [join(ROOT, file), join(copy, file)]);
  }
  execFileSync('cp', ['-al', join(ROOT, 'node_modules'), join(copy, 'node_modules')]);
  return copy;
}

test(
  'the same sources at another place, in another time zone and with another umask give the same digests',
  { skip: process.platform !== 'linux' && 'links of whole folders are made by GNU cp only' },
  async () => {
    const copy = await copyOfRepository();
    const before = process.umask(0o077);
    const { TZ, LC_ALL } = process.env;
    Object.assign(process.env, { TZ: 'Pacific/Chatham', LC_ALL: 'tr_TR.UTF-8' });
    try {
      const again = await build(join(await temporary(), 'again'), ['--platform', PLATFORM], copy);
      assert.deepEqual(again, digests);
    } finally {
      process.umask(before);
      for (const [name, value] of Object.entries({ TZ, LC_ALL })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  },
);

test('another source gives another digest, and leaves the lower layer as it is', async () => {
  const other = join(await temporary(), 'other');
  const changed = await build(other, ['--platform', PLATFORM, '--source', 'https://example.com/fork']);
  assert.notEqual(changed.digest, digests.digest);
  const [first, second] = await Promise.all(
    [
      [directory, digests],
      [other, changed],
    ].map(([at, of]) => layersOf(at as string, of as typeof digests)),
  );
  assert.deepEqual(first, second);
});

async function layersOf(at: string, of: typeof digests): Promise<unknown> {
  const { manifest } = await readImage(join(at, 'oci'), of.platforms[PLATFORM]?.digest ?? '');
  return manifest.layers;
}

test('what the Dockerfile copies is, file by file, what the image holds', async () => {
  const run = parseDockerfile(await readFile(join(ROOT, 'Dockerfile'), 'utf8'))[0]?.instructions.findLast(
    ({ name }) => name === 'RUN',
  );
  assert.ok(run);
  const out = join(await temporary(), 'out');
  const command = run.words.replace(' /out ', ` ${out} `).replace('$TARGETARCH', 'amd64');
  const [program, ...words] = command.split(' ');
  assert.equal(program, 'node');
  execFileSync(process.execPath, words, { cwd: ROOT });

  const image = await readImage(join(directory, 'oci'), digests.platforms[PLATFORM]?.digest ?? '');
  const expected = new Map(image.layers.flat().map((member) => [member.path, summary(member)]));
  // As maps: order does not count.
  assert.deepEqual(await summaries(out), expected);
});

/** Kind, mode and content of an entry in one line. */
function summary({ entry, mode }: TarMember): string {
  if (entry.type === 'link') return `link to ${entry.target}`;
  const permissions = (mode & 0o7777).toString(8);
  if (entry.type === 'directory') return `folder ${permissions}`;
  return `file ${permissions} ${createHash('sha256').update(entry.content).digest('hex')}`;
}

async function summaries(directory: string): Promise<Map<string, string>> {
  const found: [string, string][] = [];
  for (const item of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const file = join(item.parentPath, item.name);
    const path = file.slice(directory.length + 1);
    if (item.isSymbolicLink()) found.push([path, `link to ${await readlink(file)}`]);
    else {
      const permissions = ((await stat(file)).mode & 0o7777).toString(8);
      const digest = async () =>
        createHash('sha256')
          .update(await readFile(file))
          .digest('hex');
      found.push([
        path,
        item.isDirectory() ? `folder ${permissions}` : `file ${permissions} ${await digest()}`,
      ]);
    }
  }
  return new Map(found);
}
