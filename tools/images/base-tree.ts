/** The lower layer: Node, the libraries it needs, and the few files that a C library looks for. */
import { DEBIAN } from './debian-packages.ts';
import type { UnpackedPackage } from './debian-unpack.ts';
import { DIRECTORY, fileTree, text, type Entry, type FileTree } from './file-tree.ts';
import { neededLibraries } from './libraries.ts';

/** The user of distroless images; also in enforcer Jobs. */
export const NONROOT = 65532;

type Files = ReadonlyMap<string, Entry>;

/**
 * @param node what the npm package of Node holds
 * @param debian the Debian packages by name
 */
export function baseTree(node: Files, debian: ReadonlyMap<string, UnpackedPackage>): FileTree {
  const program = fileOf(node, 'bin/node');
  const installed = new Map([...debian.values()].flatMap(({ files }) => [...files]));
  return fileTree([
    ['usr/bin/node', { type: 'file', content: program, executable: true }],
    ...neededLibraries(program, installed),
    // Debian's merged /usr. lib64 is where programs for amd64 look for their dynamic linker.
    ['lib', { type: 'link', target: 'usr/lib' }],
    ...(installed.has('usr/lib64') ? [['lib64', { type: 'link', target: 'usr/lib64' }] as const] : []),
    ['etc/passwd', text(USERS)],
    ['etc/group', text(GROUPS)],
    ['etc/nsswitch.conf', text('passwd: files\ngroup: files\nhosts: files dns\n')],
    // Whose list of flaws scanners take.
    ['etc/os-release', text(OS_RELEASE)],
    ...['dev', 'proc', 'sys', 'tmp'].map((path) => [path, DIRECTORY] as const),
    ['licenses/node/LICENSE', copy(fileOf(node, 'LICENSE'))],
    ...copyrights(debian),
    // As in distroless images: where scanners look for packages when there is no package manager.
    ...[...debian].map(([name, { control }]) => [`var/lib/dpkg/status.d/${name}`, copy(control)] as const),
  ]);
}

const USERS = `root:x:0:0:root:/:/nologin\nnonroot:x:${NONROOT}:${NONROOT}:nonroot:/:/nologin\n`;
const GROUPS = `root:x:0:\nnonroot:x:${NONROOT}:\n`;
const OS_RELEASE = `ID=debian
NAME="Debian GNU/Linux"
PRETTY_NAME="Debian GNU/Linux ${DEBIAN.version} (${DEBIAN.codename}), libraries only"
VERSION_CODENAME=${DEBIAN.codename}
VERSION_ID="${DEBIAN.version}"
`;

/** Copyright files; of several packages of one source, only one has it and the others link to its folder. */
function copyrights(debian: ReadonlyMap<string, UnpackedPackage>): [string, Entry][] {
  return [...debian].flatMap(([name, { files }]): [string, Entry][] => {
    const folder = files.get(`usr/share/doc/${name}`);
    const source = folder?.type === 'link' ? folder.target : name;
    if (!debian.has(source))
      throw new Error(`The licence of ${name} is in ${source}, which debian-packages.ts lacks`);
    if (source !== name) return [[`licenses/debian/${name}`, { type: 'link', target: source }]];
    return [[`licenses/debian/${name}/copyright`, copy(fileOf(files, `usr/share/doc/${name}/copyright`))]];
  });
}

const copy = (content: Uint8Array): Entry => ({ type: 'file', content });

function fileOf(files: Files, path: string): Uint8Array {
  const entry = files.get(path);
  if (entry?.type !== 'file') throw new Error(`A package has no file ${path}`);
  return entry.content;
}
