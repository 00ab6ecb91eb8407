/** `kubectl naas` for the people of a local platform: the bundle that is published, run by our Node. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KUBECTL_SHIM, kubectlShim } from '../../services/cli/completion/scripts.ts';
import { bundleCli } from '../cli/bundle.ts';

/** Name under which kubectl finds it in PATH. */
export const PLUGIN = 'kubectl-naas';

/**
 * Builds it and puts it into a folder, with what kubectl needs to complete it.
 *
 * @param options.bundles folder for the bundle
 * @param options.bin folder for people's PATH
 */
export async function installCommandLine({ bundles, bin }: { bundles: string; bin: string }): Promise<void> {
  const bundle = join(bundles, `${PLUGIN}.cjs`);
  await bundleCli(bundle);
  await mkdir(bin, { recursive: true });
  const plugin = join(bin, PLUGIN);
  // People may have no Node, or an old one.
  await writeFile(plugin, `#!/bin/sh\nexec '${process.execPath}' '${bundle}' "$@"\n`, { mode: 0o755 });
  await writeFile(join(bin, KUBECTL_SHIM), kubectlShim(plugin), { mode: 0o755 });
}
