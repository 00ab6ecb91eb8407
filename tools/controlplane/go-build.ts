import { join } from 'node:path';
import type { BinaryName } from './binary.ts';
import type { BinarySource } from './binary-source.ts';
import { withElapsed } from './elapsed.ts';
import { stage } from './staging.ts';

/** Builds from the module proxy, in one run for all binaries of a module: they share most of the work. */
export const fromGo: BinarySource = async (wanted, search) => {
  const { module, machine, onProgress } = search;
  const names = wanted.map(({ name }) => name);
  const none = (why: string) => ({ paths: new Map<BinaryName, string>(), missing: [why] });
  const version = await machine
    .run('go', ['version'], { directory: module.directory })
    .catch(() => undefined);
  if (version === undefined) return none('Go is not installed (see go.dev/doc/install)');
  if (version.code !== 0) return none(`"go version" fails: ${lastLines(version.stderr)}`);

  let failure = '';
  const paths = await stage(module, machine, async (directory) => {
    // Go names a program after the end of its package path: with one package the file can be named instead.
    const output = names.length === 1 ? join(directory, names[0] ?? '') : `${directory}/`;
    const build = [
      'build',
      '-trimpath',
      ...(module.build.tags.length === 0 ? [] : ['-tags', module.build.tags.join(',')]),
      '-ldflags',
      module.ldflags,
      '-o',
      output,
      ...wanted.map((b) => b.package),
    ];
    const what = `building ${names.join(', ')} ${module.version} with Go (minutes the first time)`;
    const result = await withElapsed(
      onProgress,
      () => what,
      () =>
        machine.run('go', build, {
          directory: module.directory,
          env: { CGO_ENABLED: module.build.cgo ? '1' : '0' },
        }),
    );
    if (result.code === 0) return names;
    failure = lastLines(result.stderr);
    return [];
  });
  if (failure !== '') return none(`go build fails: ${failure}`);
  return { paths: new Map(names.map((name, index) => [name, paths[index] ?? ''])), missing: [] };
};

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ');
}
