/** `completion SHELL`: what the shell must read to complete `naas`. */
import { command } from '../command.ts';
import { SCRIPTS, SHELLS } from '../completion/scripts.ts';
import type { Shell } from '../completion/scripts.ts';
import { EXIT } from '../exit-code.ts';
import { Failure } from '../failure.ts';

function isShell(text: string): text is Shell {
  return (SHELLS as readonly string[]).includes(text);
}

export const completion = command({
  parameters: [{ name: 'SHELL', complete: 'shell' }],
  options: {},
  examples: ['completion bash', 'completion zsh', 'completion fish'],
  async run({ positionals, stdout, program }) {
    const [shell = ''] = positionals;
    if (!isShell(shell))
      throw new Failure(`SHELL "${shell}" is not one of ${SHELLS.join(', ')}`, {
        next: `${program} completion --help`,
      });
    stdout.write(SCRIPTS[shell]);
    return EXIT.ok;
  },
});
