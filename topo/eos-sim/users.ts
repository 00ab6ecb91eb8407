import { createHash, timingSafeEqual } from 'node:crypto';
import type { AuthContext, ParsedKey } from 'ssh2';
import { parseKey } from './host-key.ts';

/** An account of the switch. */
export interface SimUser {
  readonly name: string;
  readonly password?: string | undefined;
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey?: string | undefined;
  /** 15 logs in at `host#`; default 1, `host>`. */
  readonly privilege?: number | undefined;
}

/** EOS's own order (devices.md 6.1). */
const METHODS: ('keyboard-interactive' | 'publickey' | 'password')[] = [
  'keyboard-interactive',
  'publickey',
  'password',
];

/** Accounts, checked in time that tells nothing about the secret. */
export class Users {
  readonly #users = new Map<string, SimUser & { key: ParsedKey | undefined }>();

  /** @throws Error naming the user whose key cannot be read */
  constructor(users: readonly SimUser[]) {
    for (const user of users) {
      const key =
        user.publicKey === undefined ? undefined : parseKey(user.publicKey, `users.${user.name}.publicKey`);
      this.#users.set(user.name, { ...user, key });
    }
  }

  privilege(name: string): number {
    return this.#users.get(name)?.privilege ?? 1;
  }

  hasPassword(name: string, password: string): boolean {
    const expected = this.#users.get(name)?.password;
    const digest = (text: string) => createHash('sha256').update(text).digest();
    // Compared even for an unknown user, so that names cannot be told apart by time.
    const equal = timingSafeEqual(digest(expected ?? ''), digest(password));
    return equal && expected !== undefined;
  }

  /** Answers one authentication attempt. */
  authenticate(context: AuthContext): void {
    switch (context.method) {
      case 'password':
        if (this.hasPassword(context.username, context.password)) context.accept();
        else context.reject(METHODS);
        return;
      case 'keyboard-interactive':
        context.prompt([{ prompt: 'Password: ', echo: false }], (answers: readonly string[]) => {
          if (this.hasPassword(context.username, answers[0] ?? '')) context.accept();
          else context.reject(METHODS);
        });
        return;
      case 'publickey':
        if (this.#ownsKey(context)) context.accept();
        else context.reject(METHODS);
        return;
      default:
        context.reject(METHODS);
    }
  }

  #ownsKey(context: AuthContext & { method: 'publickey' }): boolean {
    const key = this.#users.get(context.username)?.key;
    if (key === undefined) return false;
    const blob = key.getPublicSSH();
    if (context.key.algo !== key.type && !context.key.algo.startsWith('rsa-sha2-')) return false;
    if (context.key.data.length !== blob.length || !timingSafeEqual(context.key.data, blob)) return false;
    // Without a signature the client only asks whether the key would do.
    if (context.signature === undefined || context.blob === undefined) return true;
    return key.verify(context.blob, context.signature, context.hashAlgo);
  }
}
