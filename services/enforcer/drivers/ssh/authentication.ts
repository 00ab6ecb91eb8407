import type { AnyAuthMethod } from 'ssh2';
import keyParser from 'ssh2/lib/protocol/keyParser.js';

import { UNREADABLE } from '../../../../lib/inventory/private-key.ts';
import type { Target } from '../../driver.ts';

/**
 * Why no login can be tried with what the inventory says, in words without any of it. ssh2 passes over a key that it
 * cannot read, and then the switch would be blamed: the inventory refuses such a key, and this is the second net.
 */
export function credentialProblem({ name, username, password, privateKey }: Target): string | undefined {
  if (username === undefined) {
    return `${name} has no username in the inventory: set it at the host, at a group or in the defaults`;
  }
  if (privateKey === undefined) {
    if (password !== undefined) return undefined;
    return `${name} has neither password nor private key in the inventory: set password or connection_options.ssh.extras.private_key`;
  }
  const parsed = keyParser.parseKey(privateKey);
  // ssh2's own words may hold a piece of the text.
  if (parsed !== undefined && !(parsed instanceof Error) && parsed.isPrivateKey()) return undefined;
  return `connection_options.ssh.extras.private_key of ${name} ${UNREADABLE}`;
}

/**
 * The next credential to try, or false to give up: public key, then password. Each is tried once, since a
 * loop of failures locks accounts. A password goes only to a switch whose host key is pinned, and as an answer
 * to a prompt only where the switch takes it no other way.
 * @param state what was tried so far on this connection; changed by the call
 * @param offered methods the switch still takes, null before the first answer
 */
export function nextCredential(
  target: Target,
  state: { tried: string[] },
  offered: readonly string[] | null,
): AnyAuthMethod | false {
  const { username, password, privateKey, hostKeys } = target;
  if (username === undefined) return false;
  const takes = (method: string): boolean =>
    !state.tried.includes(method) && (offered === null || offered.includes(method));

  if (privateKey !== undefined && takes('publickey')) {
    state.tried.push('publickey');
    return { type: 'publickey', username, key: privateKey };
  }
  if (password === undefined || hostKeys.length === 0) return false;
  if (takes('password')) {
    state.tried.push('password');
    return { type: 'password', username, password };
  }
  const refused = state.tried.includes('password') && (offered?.includes('password') ?? true);
  if (refused || !takes('keyboard-interactive')) return false;
  state.tried.push('keyboard-interactive');
  return {
    type: 'keyboard-interactive',
    username,
    prompt: (_name, _instructions, _language, prompts, finish) => {
      const [only] = prompts;
      // One hidden prompt is the password; anything else (expiry, second factor) is not ours to answer.
      finish(prompts.length === 0 ? [] : prompts.length === 1 && only?.echo !== true ? [password] : []);
    },
  };
}
