/** How the person is reached while a login waits for them. */
import type { Sink } from '../command.ts';
import { browserProgram, openBrowser } from './browser.ts';
import type { LoginSettings } from './settings.ts';

export interface Asking {
  /** A line for the terminal. */
  tell(line: string): void;
  /** Opens a page. Undefined where there is no browser. */
  readonly open: ((address: string) => void) | undefined;
  readonly timeoutMs: number;
}

/** By the terminal and the browser of this machine. */
export function askingBy(world: {
  settings: Pick<LoginSettings, 'timeoutMs'>;
  environment: Readonly<Record<string, string | undefined>>;
  stderr: Sink;
}): Asking {
  const tell = (line: string) => world.stderr.write(`${line}\n`);
  const browser = browserProgram(process.platform, world.environment);
  return {
    tell,
    open:
      browser === undefined
        ? undefined
        : (address) =>
            openBrowser(address, browser, world.environment, (why) => tell(`No browser was opened: ${why}`)),
    timeoutMs: world.settings.timeoutMs,
  };
}
