/** Opens the person's browser. Never by a shell, never anything but a web page (S-83). */
import { spawn } from 'node:child_process';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The program that opens pages: `BROWSER` (its path or name, nothing else; `none` for no browser), else the desktop's.
 *
 * @returns program and the arguments that stand before the address; undefined where nothing can be shown
 */
export function browserProgram(
  platform: NodeJS.Platform,
  environment: Environment,
): readonly [string, ...string[]] | undefined {
  const chosen = environment['BROWSER'];
  if (chosen === 'none') return undefined;
  if (chosen) return [chosen];
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  const desktop = environment['DISPLAY'] || environment['WAYLAND_DISPLAY'];
  return desktop ? ['xdg-open'] : undefined;
}

/** Whether an address may be opened: pages of the web, and our own on this machine. */
export function mayBeOpened(address: string): boolean {
  const url = URL.parse(address);
  if (url === null || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === '127.0.0.1');
}

/**
 * @param onFailure called if the program cannot be started or says that it failed
 * @throws Error for an address that must not be opened
 */
export function openBrowser(
  address: string,
  program: readonly [string, ...string[]],
  environment: Environment,
  onFailure: (why: string) => void,
): void {
  if (!mayBeOpened(address)) throw new Error(`This address is not opened: ${address.slice(0, 100)}`);
  const [name, ...before] = program;
  // The secret of the client is nothing for a browser.
  const { NAAS_CLIENT_SECRET: _, ...passed } = environment;
  const child = spawn(name, [...before, address], {
    stdio: 'ignore',
    detached: true,
    shell: false,
    windowsHide: true,
    env: passed,
  });
  child.once('error', (error) => onFailure(`${name}: ${error.message}`));
  child.once('exit', (code) => {
    if (code !== 0 && code !== null) onFailure(`${name} ended with code ${code}`);
  });
  child.unref();
}
