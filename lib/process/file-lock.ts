import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from './process-identity.ts';

const POLL_MS = 100;
/** A lock that names nobody is being written just now, unless it is older than this. */
const NAMELESS_MS = 10_000;

/**
 * Runs `work` while this process alone holds the lock file. A lock whose holder is dead is taken over.
 * @param onWait called once if another process holds it
 */
export async function withLock<T>(
  file: string,
  self: ProcessIdentity,
  onWait: (holder: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  // Two calls in one process exclude each other too: the holder is this text, not the process.
  const mine = JSON.stringify({ ...self, id: randomUUID() });
  let told = false;
  while (!(await take(file, mine))) {
    const holder = await readHolder(file);
    if (holder === 'none') continue;
    if (holder !== 'new' && !(await isRunning(holder.identity))) {
      await takeAway(file, holder.text);
      continue;
    }
    if (!told && holder !== 'new') onWait(holder.identity.pid);
    told ||= holder !== 'new';
    await delay(POLL_MS);
  }
  try {
    return await work();
  } finally {
    if ((await readFile(file, 'utf8').catch(() => '')) === mine) await rm(file, { force: true });
  }
}

async function take(file: string, mine: string): Promise<boolean> {
  try {
    await writeFile(file, mine, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(
  file: string,
): Promise<{ identity: ProcessIdentity; text: string } | 'new' | 'none'> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return 'none';
  try {
    const { pid, started } = JSON.parse(text) as Partial<ProcessIdentity>;
    if (typeof pid === 'number' && typeof started === 'string') return { identity: { pid, started }, text };
  } catch {
    // Half written, by a live process or a dead one.
  }
  const age = Date.now() - (await stat(file).then((s) => s.mtimeMs, Date.now));
  return age < NAMELESS_MS ? 'new' : { identity: { pid: 0, started: 'never' }, text };
}

/** Removes a dead process's lock. If somebody took it over meanwhile, that lock is put back. */
async function takeAway(file: string, dead: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) !== dead) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}
