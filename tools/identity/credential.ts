/**
 * `kubectl` credential plugin of the local contexts: prints an ExecCredential for a trial account.
 * Usage: node credential.ts --issuer URL --ca FILE --account NAME --cache FILE
 *
 * The cached path loads no OIDC library, so that kubectl stays quick.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Tokens } from './login.ts';

/** A token is renewed this long before it expires. */
const EARLY_MS = 5 * 60_000;

async function readCache(file: string): Promise<Tokens | undefined> {
  try {
    const cached = JSON.parse(await readFile(file, 'utf8')) as Partial<Tokens>;
    if (typeof cached.idToken !== 'string' || typeof cached.expires !== 'string') return undefined;
    if (Date.parse(cached.expires) - Date.now() < EARLY_MS) return undefined;
    return { idToken: cached.idToken, expires: cached.expires };
  } catch {
    // No cache, or half of one: log in again.
    return undefined;
  }
}

async function writeCache(file: string, tokens: Tokens): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify(tokens), { mode: 0o600 });
  await rename(draft, file);
}

const { values } = parseArgs({
  options: {
    issuer: { type: 'string' },
    ca: { type: 'string' },
    account: { type: 'string' },
    cache: { type: 'string' },
  },
});
const { issuer, ca, account, cache } = values;
if (issuer === undefined || ca === undefined || account === undefined || cache === undefined) {
  console.error('Usage: credential.ts --issuer URL --ca FILE --account NAME --cache FILE');
  process.exit(64);
}

try {
  let tokens = await readCache(cache);
  if (tokens === undefined) {
    const { login } = await import('./login.ts');
    tokens = await login({ issuer, certificateAuthority: await readFile(ca, 'utf8'), account });
    await writeCache(cache, tokens);
  }
  process.stdout.write(
    JSON.stringify({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: tokens.idToken, expirationTimestamp: tokens.expires },
    }),
  );
} catch (error) {
  console.error(
    `Could not log ${account} in at ${issuer}: ${error instanceof Error ? error.message : String(error)}`,
  );
  console.error('Is the platform up? Try: make up');
  process.exit(1);
}
