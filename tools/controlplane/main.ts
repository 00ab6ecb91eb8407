/** `node tools/controlplane/main.ts install [names…]` finds or makes the binaries and prints their paths. */
import { findBinaries } from './binaries.ts';
import { BINARY_NAMES, isBinaryName } from './binary.ts';

const USAGE = `Usage: node tools/controlplane/main.ts install [${BINARY_NAMES.join(' | ')}]…`;

async function main([command, ...names]: readonly string[]): Promise<number> {
  if (command !== 'install') {
    console.error(USAGE);
    return 2;
  }
  const unknown = names.filter((name) => !isBinaryName(name));
  if (unknown.length > 0) {
    console.error(`unknown binary: ${unknown.join(', ')}\n${USAGE}`);
    return 2;
  }
  const wanted = names.length === 0 ? BINARY_NAMES : names.filter(isBinaryName);
  const paths = await findBinaries(wanted, (line) => console.error(line));
  for (const name of new Set(wanted)) console.log(`${name} ${paths[name]}`);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
