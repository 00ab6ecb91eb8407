/** What the simulated switches tell about themselves, past the platform. */
import { readFile } from 'node:fs/promises';
import type { Platform } from '../../../tools/platform/platform.ts';
import { shownSettings, type Setting } from './views.ts';
import type { SwitchView } from './settled.ts';

/** A configuration that a switch showed, from `at` (milliseconds since 1970) until the next one. */
export interface ShownConfig {
  readonly number: number;
  readonly at: number;
  readonly settings: ReadonlyMap<string, Setting>;
}

export interface SwitchWatch {
  /** How the switch is now. */
  look(name: string): Promise<SwitchView>;
  /** Every configuration that it showed after this one. */
  shownSince(name: string, number: number): Promise<ShownConfig[]>;
  /** Changes the configuration as somebody at the console would. */
  configure(name: string, lines: readonly string[]): Promise<void>;
}

interface View {
  readonly runningConfig: string;
  readonly sessions: readonly { readonly name: string; readonly state: string }[];
  readonly timer: { readonly session: string } | null;
}

export async function watchSwitches({ faults }: Pick<Platform, 'faults'>): Promise<SwitchWatch> {
  const token = (await readFile(faults.tokenFile, 'utf8')).trim();

  async function call(path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${faults.url}/switches/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  }

  return {
    async look(name) {
      const view = (await call(name)) as View;
      const pending = view.sessions.filter(
        ({ state }) => state === 'pending' || state === 'pendingCommitTimer',
      );
      return {
        settings: shownSettings(view.runningConfig),
        open: [
          ...pending.map((session) => `session ${session.name}`),
          ...(view.timer === null ? [] : [`the timer of ${view.timer.session}`]),
        ],
      };
    },
    async shownSince(name, number) {
      const shown = (await call(`${name}/shown?since=${number}`)) as {
        number: number;
        at: number;
        text: string;
      }[];
      return shown.map(({ number, at, text }) => ({ number, at, settings: shownSettings(text) }));
    },
    async configure(name, lines) {
      await call(`${name}/configure`, { lines });
    },
  };
}
