import type { ExecCommand } from './command.ts';
import type { Cli } from './cli.ts';
import { unifiedDiff } from './diff.ts';
import { printBody } from './running-config.ts';
import { CommandError } from './switch.ts';
import type { Switch } from './switch.ts';

/** @returns milliseconds of `hh:mm:ss`. @throws CommandError */
export function parseTimer(text: string | undefined): number {
  const match = /^(\d{1,2}):(\d{2}):(\d{2})$/.exec(text ?? '');
  const [hours = 0, minutes = 60, seconds = 60] = (match ?? []).slice(1).map(Number);
  if (match === null || minutes > 59 || seconds > 59) throw new CommandError('Invalid input');
  const ms = ((hours * 60 + minutes) * 60 + seconds) * 1000;
  if (ms === 0) throw new CommandError('Invalid input');
  return ms;
}

const COPIED = { text: 'Copy completed successfully.', json: { messages: ['Copy completed successfully.'] } };

/** Files `flash:` holds. */
const MOST_FILES = 50;

/** `flash:/rollback-0`, `flash:rollback-0` → `rollback-0` */
function flashName(url: string): string | undefined {
  return /^flash:\/?([\w.-]{1,64})$/.exec(url)?.[1];
}

function readSource(device: Switch, url: string): string {
  if (/^(?:system:\/?)?running-config$/.test(url)) return `${device.runningConfig()}\n`;
  if (/^(?:flash:\/?)?startup-config$/.test(url)) return device.startup ?? '';
  const checkpoint = device.checkpoints.find(
    ({ name }) => url === `checkpoint:${name}` || url === `checkpoint:/${name}`,
  );
  if (checkpoint !== undefined) return `${device.print(checkpoint.config, `more ${url}`)}\n`;
  const text = device.flash.get(flashName(url) ?? '');
  if (text === undefined) throw new CommandError(`Error copying ${url} (No such file or directory)`);
  return text;
}

function copy(cli: Cli, from: string, to: string): { text: string; json?: unknown } | undefined {
  const { device } = cli;
  if (/^terminal:$/.test(from)) {
    if (!/^(?:session-config|running-config)$/.test(to)) throw new CommandError('Invalid input');
    if (to === 'session-config') cli.session();
    cli.collect(to === 'session-config' ? 'session' : 'running');
    return undefined;
  }
  if (/^(?:flash:\/?)?startup-config$/.test(to) && from.endsWith('running-config')) {
    device.save();
    return COPIED;
  }
  const text = readSource(device, from);
  if (to === 'session-config' || to === 'running-config') {
    return { text: cli.loadInto(to === 'session-config' ? 'session' : 'running', text) };
  }
  const name = flashName(to);
  if (name === undefined) throw new CommandError('Invalid input');
  if (device.flash.size >= MOST_FILES && !device.flash.has(name)) {
    throw new CommandError(`Error copying ${from} to ${to} (No space left on device)`);
  }
  device.flash.set(name, text);
  return COPIED;
}

function configure(cli: Cli): undefined {
  cli.configure();
  return undefined;
}

export const EXEC_COMMANDS: readonly ExecCommand[] = [
  { pattern: 'enable', execOnly: true, run: (cli) => void cli.enable() },
  { pattern: 'disable', execOnly: true, run: (cli) => void cli.disable() },
  { pattern: 'exit|logout|quit', execOnly: true, run: (cli) => void cli.logout() },
  {
    pattern: 'terminal length <number:0-32767>',
    run: (cli, [length]) => {
      cli.pageLength = Number(length);
      return { text: cli.pageLength === 0 ? 'Pagination disabled.' : `Pagination set to ${length} lines.` };
    },
  },
  {
    pattern: 'terminal width <number:10-32767>',
    run: (cli, [width]) => {
      if (cli.device.faults.current.closeOnWidth === Number(width)) {
        cli.device.faults.strike('closeOnWidth');
        cli.logout();
        return undefined;
      }
      return { text: `Width set to ${width} columns.` };
    },
  },
  { pattern: 'terminal monitor', privileged: true, run: () => undefined },
  { pattern: 'configure', privileged: true, execOnly: true, run: configure },
  { pattern: 'configure terminal', privileged: true, execOnly: true, run: configure },
  {
    pattern: 'configure session',
    privileged: true,
    execOnly: true,
    run: (cli) => void cli.configureSession(undefined),
  },
  {
    pattern: 'configure session <word>',
    privileged: true,
    execOnly: true,
    run: (cli, [name]) => void cli.configureSession(name),
  },
  {
    pattern: 'configure session <word> commit',
    privileged: true,
    run: (cli, [name = '']) => void cli.committing(() => cli.device.commitByName(name, cli.user)),
  },
  {
    pattern: 'configure session <word> commit timer <word>',
    privileged: true,
    run: (cli, [name = '', timer]) => {
      const ms = parseTimer(timer);
      cli.committing(() => cli.device.commitByName(name, cli.user, ms));
      return undefined;
    },
  },
  {
    pattern: 'configure session <word> abort',
    privileged: true,
    run: ({ device }, [name = '']) => void device.abortByName(name),
  },
  {
    pattern: 'configure checkpoint save <word>',
    privileged: true,
    run: ({ device, user }, [name = '']) => void device.saveCheckpoint(name, user),
  },
  {
    pattern: 'configure checkpoint restore <word>',
    privileged: true,
    run: ({ device }, [name = '']) => void device.restoreCheckpoint(name),
  },
  {
    pattern: 'configure replace <word>',
    privileged: true,
    execOnly: true,
    run: ({ device, user }, [url = '']) => void device.replace(readSource(device, url), user),
  },
  {
    pattern: 'write',
    privileged: true,
    run: ({ device }) => {
      device.save();
      return COPIED;
    },
  },
  {
    pattern: 'write memory',
    privileged: true,
    run: ({ device }) => {
      device.save();
      return COPIED;
    },
  },
  {
    pattern: 'copy <word> <word>',
    privileged: true,
    run: (cli, [from = '', to = '']) => copy(cli, from, to),
  },
  {
    pattern: 'more <word>',
    privileged: true,
    run: ({ device }, [url = '']) => ({ text: readSource(device, url).trimEnd() }),
  },
  {
    pattern: 'delete <word>',
    privileged: true,
    run: ({ device }, [url = '']) => {
      if (!device.flash.delete(flashName(url) ?? ''))
        throw new CommandError(`Error deleting ${url} (No such file or directory)`);
      return undefined;
    },
  },
  {
    pattern: 'dir',
    privileged: true,
    run: ({ device }) => ({
      text: [
        'Directory of flash:/',
        '',
        ...[...device.flash.keys()].map((name) => `       -rw-  ${name}`),
      ].join('\n'),
    }),
  },
  {
    pattern: 'diff <word> <word>',
    privileged: true,
    run: ({ device }, [left = '', right = '']) => {
      const body = (url: string) =>
        url.endsWith('running-config') ? printBody(device.running) : printBody(checkpointConfig(device, url));
      const lines = unifiedDiff(body(left), body(right));
      const name = (url: string) => (url.endsWith('running-config') ? 'system:/running-config' : url);
      return lines.length === 0
        ? {}
        : { text: [`--- ${name(left)}`, `+++ ${name(right)}`, ...lines].join('\n') };
    },
  },
];

function checkpointConfig(device: Switch, url: string) {
  const checkpoint = device.checkpoints.find(({ name }) => url.replace(/^checkpoint:\/?/, '') === name);
  if (checkpoint === undefined) throw new CommandError(`Error opening ${url} (No such file or directory)`);
  return checkpoint.config;
}
