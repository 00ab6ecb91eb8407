import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { sameConfig } from '../config-hash.ts';
import type { DeviceConnection, Driver, Target } from '../driver.ts';
import { DriverError } from '../driver.ts';

/** A switch of the platform, real or simulated, on which a driver is tried. */
export interface Bench {
  target(): Target;
  /** A whole configuration that keeps the login alive, with `description` on one port. */
  configuration(description: string): string;
  /** The same with one line, the 1-based number of which is told, that no switch takes. */
  broken(): { text: string; line: number };
  /** What stands on that port now, read past the driver. */
  description(): string | undefined;
  /** Lets the clock of commit timers run. */
  elapse(seconds: number): void | Promise<void>;
  /** Arms a commit timer that is not ours. */
  armForeignTimer(name: string): void | Promise<void>;
  disarmForeignTimer(name: string): void | Promise<void>;
  /** What survives a reboot. */
  saved(): string;
}

/** Everything that a driver must do, by feature. Those that hang on a capability are left out without it. */
export const FEATURES = [
  'facts',
  'replace-all',
  'diff-empty',
  'bad-line-told',
  'session-print',
  'commit-armed',
  'confirm-stays',
  'timer-reverts',
  'abort-armed-reverts',
  'abort-unknown-is-silent',
  'commit-of-aborted-session-fails',
  'foreign-timer-seen',
  'sessions-listed',
  'save',
  'host-key',
  'bad-password',
] as const;
export type Feature = (typeof FEATURES)[number];

/** Runs the suite for one driver against one switch. @param without features this driver has no means for */
export function conformance(driver: Driver, bench: () => Bench, without: readonly Feature[] = []): void {
  let number = 0;
  const session = (): string => `naas-1-${String((number += 1)).padStart(8, '0')}`;

  async function connected<T>(use: (connection: DeviceConnection) => Promise<T>): Promise<T> {
    const connection = await driver.connect(bench().target(), dialling());
    try {
      return await use(connection);
    } finally {
      connection.close();
    }
  }

  async function loaded(connection: DeviceConnection, description: string): Promise<string> {
    const name = session();
    await connection.open(name);
    assert.deepEqual(await connection.load(bench().configuration(description)), []);
    return name;
  }

  const features: Record<Feature, () => Promise<void>> = {
    facts: () =>
      connected(async (connection) => {
        const { serial, version } = await connection.facts();
        assert.ok(serial);
        assert.ok(version);
      }),

    'replace-all': () =>
      connected(async (connection) => {
        const before = bench().description();
        const name = await loaded(connection, 'replace-all');
        assert.notEqual(await connection.diff(name), '');
        assert.equal(bench().description(), before, 'a load changes nothing yet');
        await connection.abort(name);
      }),

    'diff-empty': () =>
      connected(async (connection) => {
        const first = await loaded(connection, 'same');
        await connection.commit(first, 60);
        await connection.confirm(first);
        const second = await loaded(connection, 'same');
        assert.equal(await connection.diff(second), '');
        await connection.abort(second);
      }),

    'bad-line-told': () =>
      connected(async (connection) => {
        const name = session();
        const { text, line } = bench().broken();
        await connection.open(name);
        const [problem] = await connection.load(text);
        assert.equal(problem?.line, line);
        assert.equal(problem.text, text.split('\n')[line - 1]?.trim());
        await connection.abort(name);
      }),

    'session-print': () =>
      connected(async (connection) => {
        const name = await loaded(connection, 'print');
        const print = await connection.print(name);
        await connection.commit(name, 60);
        assert.ok(sameConfig(await connection.runningConfig(), print));
        await connection.abort(name);
      }),

    'commit-armed': () =>
      connected(async (connection) => {
        const name = await loaded(connection, 'armed');
        await connection.commit(name, 60);
        assert.equal(bench().description(), 'armed');
        assert.equal((await connection.sessions()).timer, name);
        await connection.abort(name);
      }),

    'confirm-stays': async () => {
      const name = await connected(async (connection) => {
        const opened = await loaded(connection, 'stays');
        await connection.commit(opened, 60);
        return opened;
      });
      await connected((connection) => connection.confirm(name));
      await bench().elapse(120);
      assert.equal(bench().description(), 'stays');
      await connected(async (connection) => assert.equal((await connection.sessions()).timer, undefined));
    },

    'timer-reverts': () =>
      connected(async (connection) => {
        const before = bench().description();
        const name = await loaded(connection, 'reverts');
        await connection.commit(name, 60);
        await bench().elapse(61);
        assert.equal(bench().description(), before);
      }),

    'abort-armed-reverts': async () => {
      const before = bench().description();
      const name = await connected(async (connection) => {
        const opened = await loaded(connection, 'aborted');
        await connection.commit(opened, 60);
        return opened;
      });
      await connected((connection) => connection.abort(name));
      assert.equal(bench().description(), before);
    },

    'abort-unknown-is-silent': () => connected((connection) => connection.abort('naas-1-ffffffff')),

    'commit-of-aborted-session-fails': () =>
      connected(async (connection) => {
        const before = bench().description();
        const name = await loaded(connection, 'fenced');
        await connected((successor) => successor.abort(name));
        await assert.rejects(() => connection.commit(name, 60), DriverError);
        assert.equal(bench().description(), before);
        await connected(async (next) => assert.equal((await next.sessions()).timer, undefined));
      }),

    'foreign-timer-seen': async () => {
      await bench().armForeignTimer('by-hand');
      try {
        await connected(async (connection) => assert.equal((await connection.sessions()).timer, 'by-hand'));
      } finally {
        await bench().disarmForeignTimer('by-hand');
      }
    },

    'sessions-listed': () =>
      connected(async (connection) => {
        const name = await loaded(connection, 'listed');
        const { sessions } = await connected((other) => other.sessions());
        assert.deepEqual(
          sessions.find((one) => one.name === name),
          { name, pending: true },
        );
        await connection.abort(name);
      }),

    save: () =>
      connected(async (connection) => {
        const name = await loaded(connection, 'saved');
        await connection.commit(name, 60);
        await connection.confirm(name);
        await connection.save();
        assert.match(bench().saved(), /saved/);
      }),

    'host-key': async () => {
      const target = { ...bench().target(), hostKeys: [`SHA256:${'A'.repeat(43)}`] };
      await assert.rejects(() => driver.connect(target, dialling()), { kind: 'host-key-unknown' });
    },

    'bad-password': async () => {
      const target = { ...bench().target(), password: 'wrong' };
      await assert.rejects(() => driver.connect(target, dialling()), { kind: 'auth-failed' });
    },
  };

  describe(`conformance of driver ${driver.platform}`, () => {
    for (const feature of FEATURES) {
      test(feature, { skip: without.includes(feature) }, features[feature]);
    }
  });
}

function dialling(): { signal: AbortSignal; timeoutMs: number } {
  return { signal: new AbortController().signal, timeoutMs: 5_000 };
}
