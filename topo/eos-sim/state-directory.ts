import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { parse } from 'yaml';
import { newSshKeyPair } from './ssh-key-pair.ts';
import type { SimUser } from './users.ts';

/** What a run of the simulator keeps: keys made at the first start, startup configurations. Nothing is in the repository. */
export interface StateDirectory {
  /** Private host key of a switch. */
  hostKey(name: string): string;
  /** File that keeps a switch's startup-config. */
  startupFile(name: string): string;
  /** The account everyone gets who has the file `identityFile`. */
  readonly user: SimUser;
  readonly identityFile: string;
  readonly token: string;
  readonly tokenFile: string;
}

const USERNAME = 'admin';

/** Opens the directory, making what is missing. Files are readable by their owner only. */
export function openStateDirectory(path: string): StateDirectory {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const keep = (name: string, make: () => string): string => {
    const file = join(path, name);
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const content = make();
    writeFileSync(file, content, { mode: 0o600, flag: 'wx' });
    return content;
  };
  const newKey = () => newSshKeyPair().private;

  const identity = keep('id_ed25519', newKey);
  const parsed = ssh2.utils.parseKey(identity);
  if (parsed instanceof Error) throw new Error(`${join(path, 'id_ed25519')}: ${parsed.message}`);
  return {
    hostKey: (name) => keep(`${name}.host-key`, newKey),
    startupFile: (name) => join(path, `${name}.startup-config`),
    user: {
      name: USERNAME,
      publicKey: `${parsed.type} ${parsed.getPublicSSH().toString('base64')}`,
      privilege: 15,
    },
    identityFile: join(path, 'id_ed25519'),
    token: keep('control-token', () => randomBytes(32).toString('hex')),
    tokenFile: join(path, 'control-token'),
  };
}

/**
 * Reads accounts from a YAML list `- {name, password?, publicKey?, privilege?}`.
 * @throws Error naming the field
 */
export function readUsers(file: string): SimUser[] {
  const list: unknown = parse(readFileSync(file, 'utf8'), { maxAliasCount: 20 });
  if (!Array.isArray(list) || list.length === 0) throw new Error(`${file}: must be a list of users`);
  return list.map((entry: unknown, index) => {
    const field = `${file}: users[${index}]`;
    if (typeof entry !== 'object' || entry === null) throw new Error(`${field}: must be a map`);
    const { name, password, publicKey, privilege } = entry as Record<string, unknown>;
    if (typeof name !== 'string' || name === '') throw new Error(`${field}.name: is missing`);
    if (password !== undefined && typeof password !== 'string')
      throw new Error(`${field}.password: must be text`);
    if (publicKey !== undefined && typeof publicKey !== 'string')
      throw new Error(`${field}.publicKey: must be text`);
    if (password === undefined && publicKey === undefined) {
      throw new Error(`${field}: needs a password or a publicKey`);
    }
    if (privilege !== undefined && typeof privilege !== 'number')
      throw new Error(`${field}.privilege: must be a number`);
    return { name, password, publicKey, privilege };
  });
}
