import type { Device } from '../../../crds/types.gen.ts';
import type { EosSim } from '../../../topo/eos-sim/server.ts';
import { keptPorts } from './kept-ports.ts';
import type { Requests } from './requests.ts';
import type { Story } from './story.ts';

/** A version of the ledger: what the switch shows when it shows exactly this one. */
export interface Version {
  /** Generation of the Device that holds it. */
  generation: number;
  requests: Requests;
  config: string;
}

/** Looks at switch and status after every step, and says which promise broke. */
export interface Witness {
  knows(version: Version): void;
  /**
   * The switch as it is just now: one version as a whole but for ports that keep what was confirmed (`keptPorts`), never
   * older than what is applied.
   */
  look(where: string): void;
  /** The status of the Device, each time somebody wrote it or at rest. */
  readStatus(device: Device, where: string): void;
  /**
   * An enforcer has ended by itself.
   * @param epoch nothing of this one may be left; undefined: nothing of any
   */
  nothingLeft(where: string, epoch?: number): void;
  /** The switch booted: what was not saved is lost, and that is nobody's fault. */
  rebooted(): void;
}

/** @param print what the switch prints when it shows these requests */
export function witness(sim: EosSim, story: Story, print: (requests: Requests) => string): Witness {
  const versions: Version[] = [];
  let applied = 0;
  let epoch = 0;
  let newest = 0;
  /** The switch shows nothing older than this. */
  let floor = 0;
  let printed: { of: unknown; version: Version | undefined } | undefined;
  let told: unknown;
  /** The newest generation that the switch showed without a timer that could take it back. */
  let kept = 0;

  const versionOf = (config: string): Version | undefined =>
    versions.find((version) => version.config === config) ??
    versions.find((model) => isLagging(model, config));

  /** Whether this version is shown, with ports kept from an older one because the ledger was ahead already. */
  function isLagging(model: Version, config: string): boolean {
    const older = versions.filter(({ generation }) => generation < model.generation);
    const newer = versions.filter(({ generation }) => generation > model.generation);
    return older.some((confirmed) =>
      newer.some((ledger) => {
        const kept = keptPorts(confirmed.requests, model.requests, ledger.requests);
        return kept.length > 0 && print([...model.requests, ...kept]) === config;
      }),
    );
  }

  const startup = (): Version | undefined => versionOf(sim.startupConfig().trimEnd());

  /** Only a commit or what takes it back makes another configuration: printing it each time would be slow. */
  function shows(): Version | undefined {
    const { running } = sim.device;
    if (printed?.of !== running) printed = { of: running, version: versionOf(sim.runningConfig()) };
    return printed.version;
  }

  function look(where: string): void {
    const version = shows();
    if (sim.device.timer === undefined) kept = Math.max(kept, version?.generation ?? 0);
    if (sim.device.running === told) return;
    told = sim.device.running;
    if (version === undefined) {
      story.broken(`${where}: the switch shows a mixture: ${unlike(sim.runningConfig(), versions)}`);
      return;
    }
    story.tell(`   switch shows generation ${version.generation}${sim.device.timer ? ', timer armed' : ''}`);
    if (version.generation < floor) {
      story.broken(`${where}: the switch went back to generation ${version.generation} behind ${floor}`);
    }
  }

  return {
    knows(version) {
      versions.push(version);
      printed = undefined;
    },
    look,
    readStatus(device, where) {
      // An answer may be heard of after that to a later call.
      const version = Number(device.metadata.resourceVersion);
      if (version < newest) return;
      newest = version;
      const { status } = device;
      const nowApplied = status?.applied?.generation ?? 0;
      const nowEpoch = status?.attempted?.epoch ?? 0;
      if (nowEpoch < epoch) {
        story.broken(`${where}: epoch ${nowEpoch} wrote the status after epoch ${epoch}`);
      }
      if (nowApplied < applied) {
        story.broken(`${where}: applied went back from generation ${applied} to ${nowApplied}`);
      }
      if (nowApplied > applied) {
        if (kept < nowApplied) {
          story.broken(
            `${where}: generation ${nowApplied} is called applied, the switch may still take it back`,
          );
        }
        // A switch that has booted since shows what was saved.
        floor = Math.min(nowApplied, shows()?.generation ?? 0);
      }
      applied = Math.max(applied, nowApplied);
      epoch = Math.max(epoch, nowEpoch);
      if ((status?.held ?? []).length > 0) {
        const [first] = status?.held ?? [];
        story.broken(`${where}: ${first?.uid} is blamed (${first?.reason}: ${first?.message})`);
      }
      const saved = startup()?.generation;
      if (status?.applied?.saved === true && (saved === undefined || saved < nowApplied)) {
        story.broken(
          `${where}: generation ${nowApplied} is called saved, startup-config holds ${saved ?? 'a mixture'}`,
        );
      }
    },
    nothingLeft(where, epoch) {
      const { timer, sessions } = sim.device;
      const isMeant = (name: string): boolean =>
        name.startsWith(epoch === undefined ? 'naas-' : `naas-${epoch}-`);
      if (timer !== undefined && isMeant(timer.session))
        story.broken(`${where}: the timer of ${timer.session} is left armed`);
      for (const { name, state } of sessions.list()) {
        if (state === 'pending' && isMeant(name)) story.broken(`${where}: session ${name} is left`);
      }
    },
    rebooted() {
      floor = Math.min(floor, startup()?.generation ?? 0);
    },
  };
}

/** The first line that fits no version, beside the closest one. */
function unlike(running: string, versions: readonly Version[]): string {
  const lines = running.split('\n');
  let best = { at: -1, text: 'no version is known' };
  for (const { generation, config } of versions) {
    const should = config.split('\n');
    const at = should.findIndex((line, index) => line !== lines[index]);
    const found = at === -1 ? should.length : at;
    if (found > best.at) {
      const text = `line ${found + 1} is "${lines[found]?.trim()}", in generation ${generation} "${should[found]?.trim()}"`;
      best = { at: found, text };
    }
  }
  return best.text;
}
