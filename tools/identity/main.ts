/**
 * The local platform's OIDC provider as a process. Prints one line of JSON, `{"issuer": "https://…"}`, when
 * it serves; the signing key is kept in the state folder, so that tokens outlive a restart.
 * Usage: node main.ts --certificate FILE --key FILE --state FOLDER --port N --account NAME=E-MAIL …
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSigningKey, startProvider, type SigningKey } from './provider.ts';

const { values } = parseArgs({
  options: {
    certificate: { type: 'string', default: '' },
    key: { type: 'string', default: '' },
    state: { type: 'string', default: '.' },
    port: { type: 'string', default: '0' },
    account: { type: 'string', multiple: true, default: [] },
  },
});

async function signingKey(): Promise<SigningKey> {
  const file = join(values.state, 'signing-key.json');
  const stored = await readFile(file, 'utf8').catch(() => undefined);
  if (stored !== undefined) return JSON.parse(stored) as SigningKey;
  const key = createSigningKey();
  await writeFile(file, JSON.stringify(key), { mode: 0o600 });
  return key;
}

const provider = await startProvider({
  certificate: await readFile(values.certificate, 'utf8'),
  key: await readFile(values.key, 'utf8'),
  port: Number(values.port),
  signingKey: await signingKey(),
  accounts: values.account.map((text) => {
    const [name = '', email = ''] = text.split('=');
    return { name, email };
  }),
});
process.stdout.write(`${JSON.stringify({ issuer: provider.issuer })}\n`);
process.once('SIGTERM', () => void provider.stop().then(() => process.exit(0)));
