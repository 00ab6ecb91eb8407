/** OpenSSH's own form of a private key: PROTOCOL.key of OpenSSH. */
const MAGIC = 'openssh-key-v1\0';
const BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----';
const END = '-----END OPENSSH PRIVATE KEY-----';
const LINE = 70;
const BLOCK = 8;

/** How many fields of the private part stand between the key's type and its comment. */
const FIELDS: ReadonlyMap<string, number> = new Map([
  ['ssh-ed25519', 2],
  ['ssh-rsa', 6],
  ['ecdsa-sha2-nistp256', 3],
  ['ecdsa-sha2-nistp384', 3],
  ['ecdsa-sha2-nistp521', 3],
]);

/**
 * Whether the text is a whole key that can be used without a passphrase.
 * @returns `broken` for a text cut, folded or altered; `other` for a kind of key that is not for a switch
 */
export function readOpenSshKey(text: string): 'usable' | 'encrypted' | 'other' | 'broken' {
  const lines = text.split(/\r?\n/);
  if (lines.length < 3 || lines[0] !== BEGIN || lines.at(-1) !== END) return 'broken';
  const base64 = lines.slice(1, -1).join('').replace(/[ \t]/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return 'broken';
  const data = reader(Buffer.from(base64, 'base64'));
  if (data.bytes(MAGIC.length)?.toString('latin1') !== MAGIC) return 'broken';
  const [cipher, kdf, options] = [data.field(), data.field(), data.field()];
  if (cipher === undefined || kdf === undefined || options === undefined) return 'broken';
  if (cipher.toString('latin1') !== 'none') return 'encrypted';
  if (kdf.toString('latin1') !== 'none' || options.length > 0 || data.number() !== 1) return 'broken';
  const [open, secret] = [data.field(), data.field()];
  if (open === undefined || secret === undefined || !data.isAtEnd()) return 'broken';
  return readSecret(reader(secret));
}

function readSecret(secret: Reader): 'usable' | 'other' | 'broken' {
  const check = secret.number();
  if (check === undefined || check !== secret.number()) return 'broken';
  const type = secret.field()?.toString('latin1');
  if (type === undefined) return 'broken';
  const count = FIELDS.get(type);
  if (count === undefined) return 'other';
  const fields = Array.from({ length: count }, () => secret.field());
  const comment = secret.field();
  if (comment === undefined || fields.includes(undefined)) return 'broken';
  if (type === 'ssh-ed25519' && (fields[0]?.length !== 32 || fields[1]?.length !== 64)) return 'broken';
  // Filled up to a whole block with 1, 2, 3, …
  for (let expected = 1; !secret.isAtEnd(); expected += 1) {
    if (secret.bytes(1)?.[0] !== expected) return 'broken';
  }
  return 'usable';
}

/**
 * The text of an ed25519 key: there is no older form of it that SSH reads. Equal keys give equal text.
 * @param seed 32 bytes, secret
 * @param open 32 bytes, the public key
 */
export function fromEd25519(seed: Buffer, open: Buffer): string {
  const type = field(Buffer.from('ssh-ed25519'));
  // Twice the same number, to see whether a passphrase was right: there is none here.
  const check = open.subarray(0, 4);
  const secret = [
    check,
    check,
    type,
    field(open),
    field(Buffer.concat([seed, open])),
    field(Buffer.alloc(0)),
  ];
  const length = secret.reduce((sum, part) => sum + part.length, 0);
  const filling = Buffer.from(Array.from({ length: (BLOCK - (length % BLOCK)) % BLOCK }, (_, i) => i + 1));
  const none = field(Buffer.from('none'));
  const blob = Buffer.concat([
    Buffer.from(MAGIC, 'latin1'),
    none,
    none,
    field(Buffer.alloc(0)),
    uint32(1),
    field(Buffer.concat([type, field(open)])),
    field(Buffer.concat([...secret, filling])),
  ]);
  const lines = blob.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return [BEGIN, ...lines, END, ''].join('\n');
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function field(content: Buffer): Buffer {
  return Buffer.concat([uint32(content.length), content]);
}

interface Reader {
  bytes(length: number): Buffer | undefined;
  number(): number | undefined;
  /** Length, then as many bytes. */
  field(): Buffer | undefined;
  isAtEnd(): boolean;
}

/** Each read gives undefined where the data ends too early. */
function reader(data: Buffer): Reader {
  let position = 0;
  const bytes = (length: number): Buffer | undefined => {
    if (position + length > data.length) return undefined;
    position += length;
    return data.subarray(position - length, position);
  };
  const number = (): number | undefined => bytes(4)?.readUInt32BE(0);
  return {
    bytes,
    number,
    field() {
      const length = number();
      return length === undefined ? undefined : bytes(length);
    },
    isAtEnd: () => position === data.length,
  };
}
