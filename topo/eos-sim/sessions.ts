import type { Block } from './config-tree.ts';

export type SessionState = 'pending' | 'pendingCommitTimer' | 'committed' | 'completed' | 'aborted';

export interface Session {
  readonly name: string;
  state: SessionState;
  config: Block;
  /** Milliseconds since 1970. */
  readonly opened: number;
  /** When it was committed or aborted. */
  completed?: number;
  committedBy?: string;
  /** CLI sessions that are in it now: terminal → user. */
  readonly instances: Map<string, string>;
}

/** EOS's defaults (devices.md 1.1). */
export const MOST_PENDING = 5;
export const MOST_COMPLETED = 1;
const LIFETIME_MS = 24 * 60 * 60 * 1000;

/** The configuration sessions of a switch, without what commit does to the running configuration. */
export class SessionTable {
  readonly #sessions = new Map<string, Session>();

  get(name: string): Session | undefined {
    return this.#sessions.get(name);
  }

  /** In the order they were opened. */
  list(): Session[] {
    return [...this.#sessions.values()];
  }

  pending(): number {
    return this.list().filter(({ state }) => state === 'pending').length;
  }

  add(session: Session): void {
    this.#sessions.delete(session.name);
    this.#sessions.set(session.name, session);
  }

  delete(name: string): void {
    this.#sessions.delete(name);
  }

  clear(): void {
    this.#sessions.clear();
  }

  /** Uncommitted sessions time out after 24 h. */
  expire(now: number): void {
    for (const session of this.list()) {
      if (session.state === 'pending' && now - session.opened >= LIFETIME_MS) this.delete(session.name);
    }
  }

  /** Only so many finished sessions are remembered: the newest. */
  forgetOld(): void {
    const done = this.list()
      .filter(({ state }) => state === 'completed' || state === 'aborted')
      .sort((a, b) => (b.completed ?? 0) - (a.completed ?? 0));
    for (const session of done.slice(MOST_COMPLETED)) this.delete(session.name);
  }
}
