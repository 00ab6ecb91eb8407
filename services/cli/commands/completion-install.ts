/** `completion install`: what kubectl runs to complete `kubectl naas`; krew cannot install it. */
import { access, constants, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../../lib/kube/errors.ts';
import { command } from '../command.ts';
import { KUBECTL_SHIM, kubectlShim } from '../completion/scripts.ts';
import { EXIT } from '../exit-code.ts';
import { Failure } from '../failure.ts';

const PLUGIN = 'kubectl-naas';

export const completionInstall = command({
  parameters: [],
  options: {
    directory: {
      type: 'string',
      value: 'FOLDER',
      help: `folder of PATH to write to (default: where ${PLUGIN} is)`,
      complete: 'file',
    },
  },
  examples: ['completion install', 'completion install --directory ~/.local/bin'],
  async run({ values, environment, program, stderr }) {
    const folders = (environment['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
    const plugin = await findIn(folders, PLUGIN);
    const folder = values.directory ?? (plugin && path.dirname(plugin));
    const next = `${program} completion install --directory FOLDER`;
    if (folder === undefined || plugin === undefined)
      throw new Failure(`${PLUGIN} is in no folder of PATH, so that kubectl does not find it either`, {
        next: `put it into a folder of PATH, then: ${program} completion install`,
      });
    const file = path.join(path.resolve(folder), KUBECTL_SHIM);
    await mayWrite(file);
    try {
      const draft = `${file}.${process.pid}`;
      await writeFile(draft, kubectlShim(plugin), { mode: 0o755 });
      await rename(draft, file);
    } catch (error) {
      throw new Failure(messageOf(error), { next, cause: error });
    }
    stderr.write(`Written: ${file}\n`);
    if (!folders.some((each) => path.resolve(each) === path.dirname(file)))
      stderr.write(`${path.dirname(file)} is not in PATH: kubectl will not find it there\n`);
    return EXIT.ok;
  },
});

async function findIn(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders) {
    const file = path.resolve(folder, name);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

/** @throws Failure when there is a file of somebody else */
async function mayWrite(file: string): Promise<void> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return;
  }
  if (!text.includes('__complete'))
    throw new Failure(`${file} is there already, and is not ours`, {
      next: `remove it first: rm ${file}`,
    });
}
