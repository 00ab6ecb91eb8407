/** How kubectl can call this program again. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { isSea } from 'node:sea';

const PLUGIN = 'kubectl-naas';

export interface OwnCommand {
  readonly command: string;
  /** Stand before the command's own words. */
  readonly before: readonly string[];
}

/** By name where kubectl finds plugins, which survives updates and other machines; else by path. */
export function ownCommand(process: {
  readonly execPath: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}): OwnCommand {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  if (folders.some((folder) => isExecutable(join(folder, PLUGIN)))) return { command: PLUGIN, before: [] };
  if (isSea()) return { command: process.execPath, before: [] };
  return { command: process.execPath, before: [resolve(process.argv[1] ?? '')] };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
