import type { DeviceSession, SessionState } from '../../driver.ts';

/**
 * Reads `show configuration sessions detail | json` of both shapes. Up to 4.31 the armed session has state
 * `pendingCommitTimer`; from 4.32 on it is `committed` at once and named by `commitTimerSessionName`
 * (napalm issue 2166: reading only one of them hides an armed timer).
 * @throws Error when it is neither
 */
export function readSessionsJson(text: string): SessionState {
  const value: unknown = JSON.parse(text);
  if (!isMap(value) || (value['sessions'] !== undefined && !isMap(value['sessions']))) {
    throw new Error('`show configuration sessions detail` has no map of sessions');
  }
  const sessions: DeviceSession[] = [];
  let timer: string | undefined;
  for (const [name, session] of Object.entries(value['sessions'] ?? {})) {
    const state = isMap(session) ? session['state'] : undefined;
    if (state === 'pendingCommitTimer') timer = name;
    sessions.push({ name, pending: state === 'pending' || state === 'pendingCommitTimer' });
  }
  const named = value['commitTimerSessionName'];
  if (typeof named === 'string' && named !== '') timer = named;
  return { sessions, ...(timer === undefined ? {} : { timer }) };
}

/**
 * Reads the table that a switch without JSON prints:
 * `  Name   State   User   Terminal`, the own session marked by `*`; from 4.32 on a line
 * `Session with pending commit timer: X` stands beside it.
 */
export function readSessionsText(text: string): SessionState {
  const sessions: DeviceSession[] = [];
  let timer: string | undefined;
  for (const line of text.split('\n')) {
    const armed = /^Session with pending commit timer:\s*(\S+)/.exec(line);
    if (armed?.[1] !== undefined) timer = armed[1];
    const row = /^[ *]*(\S+)\s+(pending|pendingCommitTimer|committed|completed|aborted)\b/.exec(line);
    const [, name, state] = row ?? [];
    if (name === undefined || state === undefined) continue;
    if (state === 'pendingCommitTimer') timer = name;
    sessions.push({ name, pending: state.startsWith('pending') });
  }
  return { sessions, ...(timer === undefined ? {} : { timer }) };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
