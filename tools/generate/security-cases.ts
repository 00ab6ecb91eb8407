/**
 * Writes `docs/security-cases.md`: which tests stand for which security case. Tests carry the case's number in
 * their name. With `--check` it only compares, and exits 1 on a difference.
 */
import { glob, readFile, writeFile } from 'node:fs/promises';

const root = new URL('../../', import.meta.url).pathname;
const target = `${root}docs/security-cases.md`;

/** Cases that must have a test: losing the last test of one is an error. */
const REQUIRED = [
  ...Array.from({ length: 21 }, (_, index) => index + 1),
  ...[29, 31, 32, 33, 34, 35, 36, 37, 38, 39, 41, 44, 45, 46, 47, 48, 51, 52, 53, 54, 55, 56, 57, 58, 59],
  ...[60, 62, 63, 66, 67, 69, 70, 76, 77, 78, 79, 80, 81, 82, 83, 84, 86],
].map((number) => `S-${String(number).padStart(2, '0')}`);

const NAME = /(['"`])((?:(?!\1).)*?\bS-\d\d\b(?:(?!\1).)*)\1/g;

const cases = new Map<string, Map<string, Set<string>>>();
for await (const file of glob(
  '{crds,lib,policies,services,templates,test,tools,topo,webhooks}/**/*.test.ts',
  { cwd: root },
)) {
  const text = await readFile(root + file, 'utf8');
  for (const [, , name = ''] of text.matchAll(NAME)) {
    for (const [id] of name.matchAll(/S-\d\d/g)) {
      const files = cases.get(id) ?? new Map<string, Set<string>>();
      cases.set(id, files);
      const names = files.get(file) ?? new Set();
      files.set(file, names);
      names.add(name.replaceAll(/\$\{[^}]*\}/g, '…').replaceAll('|', '\\|'));
    }
  }
}

const missing = REQUIRED.filter((id) => !cases.has(id));
if (missing.length > 0) {
  console.error(`No test is named after ${missing.join(', ')}.`);
  process.exit(1);
}

const rows = [...cases]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .flatMap(([id, files]) =>
    [...files]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, names]) => `| ${id} | \`${file}\` | ${[...names].sort().join('<br>')} |`),
  );
const page = `# Security cases and their tests

Written by \`make generate\`; \`make check\` compares. A test stands for a case by carrying its number in its name.

| Case | File | Tests |
|---|---|---|
${rows.join('\n')}
`;

if (process.argv.includes('--check')) {
  const stored = await readFile(target, 'utf8').catch(() => '');
  if (stored !== page) {
    console.error('docs/security-cases.md is out of date: run `make generate` and commit the result.');
    process.exit(1);
  }
} else {
  await writeFile(target, page);
}
