/** docs/tenants.md from its first command to its last, on a local platform, as a person types it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { runningPlatform, type RunningPlatform } from './running-platform.ts';

const page = await readFile(new URL('../../docs/tenants.md', import.meta.url), 'utf8');

/** Commands with what they print: `…` stands for anything. */
const blocks = [...page.matchAll(/```shell\n([^]*?)```\n(?:```text\n([^]*?)```)?/g)]
  .map(([, commands = '', shown]) => ({ commands, shown: shown?.trimEnd().split('\n') }))
  // The platform is there, in a folder of its own.
  .filter(({ commands }) => !commands.startsWith('make up'));

/** Spaces only make columns. */
function isLike(shown: string, printed: string): boolean {
  const words = shown.trim().split(/\s*…\s*|\s+/);
  const gaps = [...shown.trim().matchAll(/\s*…\s*|\s+/g)].map(([gap]) => (gap.includes('…') ? '.*' : '\\s+'));
  const pattern = words.map((word, index) => word.replaceAll(/[^\w]/g, '\\$&') + (gaps[index] ?? ''));
  return new RegExp(`^${pattern.join('')}$`).test(printed.trim());
}

describe('docs/tenants.md', () => {
  let naas: RunningPlatform;
  let folder: string;
  before(async () => {
    naas = await runningPlatform();
    folder = join(naas.directory, 'page');
    await mkdir(folder);
    // Whoever comes to this page has logged in: the first call says where.
    const first = await run('kubectl --context tenant-b get interfaces');
    assert.equal(first.code, 0, first.printed);
  });
  after(() => naas?.stop());

  async function run(commands: string): Promise<{ code: number | null; printed: string }> {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', `exec 2>&1\n${commands}`], {
      cwd: folder,
      env: {
        KUBECONFIG: naas.platform.kubeconfig,
        PATH: `${join(naas.directory, 'bin')}:${process.env['PATH']}`,
        HOME: folder,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 240_000,
    });
    const [printed] = await Promise.all([text(child.stdout), once(child, 'close')]);
    return { code: child.exitCode, printed };
  }

  it('has commands for each step', () => assert.ok(blocks.length >= 8));

  for (const { commands, shown } of blocks) {
    it(commands.split('\n').findLast((line) => line.startsWith('kubectl')) ?? commands, async () => {
      const { code, printed } = await run(commands);
      const isDenied = shown?.some((line) => line.endsWith('is invalid:')) === true;
      assert.equal(code === 0, !isDenied, printed);
      if (shown === undefined) return;
      const lines = printed.trimEnd().split('\n');
      for (const [index, line] of shown.entries())
        assert.ok(
          isLike(line, lines[index] ?? ''),
          `the page says "${line}", but this was printed:\n${printed}`,
        );
      assert.equal(lines.length, shown.length, printed);
    });
  }
});
