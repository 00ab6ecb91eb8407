/** `make demo`: a platform of its own, the walk-through on it, then everything stopped. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPlatform } from '../platform/platform.ts';
import { sceneOn, STEPS, type Stage } from './walk-through.ts';

const colour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
const paint = (code: number, text: string) => (colour ? `\u001B[${code}m${text}\u001B[0m` : text);

const stage: Stage = {
  title: (text) => console.log(`\n${paint(1, text)}`),
  command: (words, output) => console.log(`${paint(36, `$ ${words}`)}\n${output.trimEnd()}`),
  checked: (text) => console.log(paint(32, `✓ ${text}`)),
};

const directory = await mkdtemp(join(tmpdir(), 'naas-demo-'));
const started = performance.now();
let failed = false;
const platform = await startPlatform({ directory, onProgress: (line) => console.log(line) });
const stop = () => platform.stop();
process.once('SIGINT', () => void stop().then(() => process.exit(130)));
process.once('SIGTERM', () => void stop().then(() => process.exit(143)));
try {
  const scene = sceneOn(platform, stage);
  for (const step of Object.values(STEPS)) await step(scene);
  console.log(
    `\nThe walk-through went as it should, in ${((performance.now() - started) / 1000).toFixed(0)} s.`,
  );
} catch (error) {
  failed = true;
  console.error(
    `\n${paint(31, 'The walk-through failed.')} ${error instanceof Error ? error.message : String(error)}`,
  );
  console.error(`Logs are kept in ${directory}/logs`);
} finally {
  await stop();
}
if (!failed) await rm(directory, { recursive: true, force: true });
console.log('Everything it started is stopped. To keep a platform running: make up');
process.exit(failed ? 1 : 0);
