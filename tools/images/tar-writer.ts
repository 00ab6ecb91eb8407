import { modeOf, type Entry, type FileTree } from './file-tree.ts';

const BLOCK = 512;
const TYPES = { file: '0', link: '2', directory: '5' } as const;

/**
 * A POSIX ustar archive of a tree: same tree, same bytes. Times are 1970, owners are numbers only.
 *
 * @throws Error for a path that the format cannot hold (more than 100 bytes in its last part, 255 in all).
 */
export function writeTar(tree: FileTree): Buffer {
  const blocks: Uint8Array[] = [];
  for (const [path, entry] of tree) {
    blocks.push(header(path, entry));
    if (entry.type !== 'file') continue;
    blocks.push(entry.content, Buffer.alloc(-entry.content.length & (BLOCK - 1)));
  }
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function header(path: string, entry: Entry): Buffer {
  const block = Buffer.alloc(BLOCK);
  const { name, prefix } = split(entry.type === 'directory' ? `${path}/` : path);
  block.write(name, 0);
  const number = (value: number, offset: number, digits: number) =>
    block.write(`${value.toString(8).padStart(digits, '0')}\0`, offset);
  number(modeOf(entry), 100, 7);
  number(0, 108, 7);
  number(0, 116, 7);
  number(entry.type === 'file' ? entry.content.length : 0, 124, 11);
  number(0, 136, 11);
  block.write(TYPES[entry.type], 156);
  if (entry.type === 'link') {
    if (Buffer.byteLength(entry.target) > 100)
      throw new Error(`The target of "${path}" is too long for ustar`);
    block.write(entry.target, 157);
  }
  block.write('ustar\x0000', 257);
  block.write(prefix, 345);
  // The sum is taken with its own field as spaces.
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function split(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' };
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (name !== '' && Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155)
      return { name, prefix };
  }
  throw new Error(`"${path}" is too long for ustar`);
}
