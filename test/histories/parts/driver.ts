import type { DeviceConnection, Driver } from '../../../services/enforcer/driver.ts';
import { DriverError } from '../../../services/enforcer/driver.ts';
import type { Fate } from '../world/fate.ts';
import type { Process } from '../world/process.ts';
import type { World } from '../world/world.ts';
import type { LedgerVersion, Switch } from './switch.ts';

export interface Cabling {
  readonly world: World;
  readonly process: Process;
  readonly switches: ReadonlyMap<string, Switch>;
  /** The ledger version of the model that the process has read last, by device. */
  readonly read: ReadonlyMap<string, LedgerVersion>;
}

/** A driver for the switches of the world: every call waits for its turn, and the line may be cut at each. */
export function driverOf({ world, process, switches, read }: Cabling): Driver {
  function call<T>(target: Switch, line: number, what: string, about: string, run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const kind = `switch ${what}`;
      const end = (settle: () => void): void => {
        if (process.alive) settle();
      };
      const lost = (): void =>
        end(() => reject(new DriverError('unreachable', `the line to ${target.name} was cut`)));
      const take = (fate: Fate): void => {
        if (line !== target.lines) return lost();
        // A call to a switch knows two misfortunes: the line is cut before, or after it took effect.
        const reached =
          fate === 'happens' || fate === 'fails, but applied' || fate === 'answer lost' || fate === 'late';
        if (!reached) return lost();
        try {
          if (CHANGES.has(what)) world.story.tell(process.name, `${what} ${about} on ${target.name}`);
          const value = run();
          if (fate !== 'happens') return lost();
          end(() => resolve(value));
        } catch (error) {
          if (world.story.telling)
            world.story.tell(process.name, `${what} on ${target.name}: ${String(error)}`);
          end(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      };
      world.queue({ process, kind, about: `${target.name} ${about}`, take });
    });
  }

  function connection(target: Switch, line: number): DeviceConnection {
    const ask = <T>(what: string, about: string, run: () => T): Promise<T> =>
      call(target, line, what, about, run);
    let entered = '';
    return {
      facts: () => Promise.resolve({ serial: `serial-${target.name}`, version: '1' }),
      sessions: () => ask('sessions', '', () => target.sessions()),
      runningConfig: () => ask('running-config', '', () => target.running),
      open: (session) =>
        ask('open', session, () => {
          entered = session;
          target.open(session, read.get(target.name));
        }),
      load: (text) => ask('load', entered, () => target.load(entered, text)),
      diff: (session) => ask('diff', session, () => target.diff(session)),
      print: (session) => ask('print', session, () => target.print(session)),
      commit: (session, seconds) => ask('commit', session, () => target.commit(session, seconds)),
      confirm: (session) => ask('confirm', session, () => target.confirm(session)),
      abort: (session) => ask('abort', session, () => target.abort(session)),
      save: () => ask('save', '', () => target.save()),
      close: () => undefined,
    };
  }

  return {
    platform: 'eos',
    capabilities: {
      atomicReplace: true,
      deviceDiff: true,
      confirmedCommit: true,
      singleTimer: true,
      confirmFromNewConnection: true,
      sessionPrint: true,
      persistSeparately: true,
    },
    async connect({ name }) {
      const target = switches.get(name);
      if (target === undefined) throw new DriverError('unreachable', `there is no switch ${name}`);
      const line = await call(target, target.lines, 'connect', '', () => target.lines);
      return connection(target, line);
    },
    portOf: (header) => /^interface Ethernet(\S+)$/.exec(header)?.[1],
    standsFor: (header) => [header],
    lostAccess: () => [],
  };
}

/** Told in the story. */
const CHANGES: ReadonlySet<string> = new Set(['open', 'commit', 'confirm', 'abort', 'save']);
