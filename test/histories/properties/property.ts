import type { Write } from '../kubernetes/server.ts';
import type { LedgerVersion, Shown, Switch } from '../parts/switch.ts';
import type { Record } from './record.ts';

/** Where a property looks, and whom it tells. */
export interface Scene {
  readonly record: Record;
  readonly switches: ReadonlyMap<string, Switch>;
  /** The ledger version of the model that an enforcer has read last. */
  modelRead(enforcer: string, device: string): LedgerVersion | undefined;
  broken(what: string): void;
}

/** Something that must hold at every version. */
export interface Property {
  /** With the letter of ownership.md, if it has one. */
  readonly name: string;
  /** A write that the API server has let pass, before it is stored. */
  onWrite?(write: Write, scene: Scene): void;
  /** A write was stored, or a switch shows something else. */
  always?(device: string, scene: Scene): void;
  /** A switch has taken a commit. */
  onCommit?(device: string, before: Shown, scene: Scene): void;
}
