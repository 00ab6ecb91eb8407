import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';

const HOST_KEYS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/**
 * What is offered to a switch: nothing with SHA-1, no CBC, no group of 1024 bits, no `ssh-rsa`
 * (ssh2 would still offer some of them; S-67 downgraded kex).
 * @param keyTypes kinds of the pinned host keys, when they are known
 */
export function algorithms(keyTypes: readonly string[] | undefined): Algorithms {
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group18-sha512',
      'diffie-hellman-group14-sha256',
    ],
    cipher: [
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'chacha20-poly1305@openssh.com',
      'aes256-ctr',
      'aes192-ctr',
      'aes128-ctr',
    ],
    hmac: [
      'hmac-sha2-256-etm@openssh.com',
      'hmac-sha2-512-etm@openssh.com',
      'hmac-sha2-256',
      'hmac-sha2-512',
    ],
    serverHostKey:
      keyTypes === undefined ? [...HOST_KEYS] : HOST_KEYS.filter((type) => accepts(type, keyTypes)),
    compress: ['none'],
  };
}

function accepts(type: string, keyTypes: readonly string[]): boolean {
  // An RSA key is written `ssh-rsa` whatever hash signs with it.
  return keyTypes.includes(type) || (type.startsWith('rsa-') && keyTypes.includes('ssh-rsa'));
}
