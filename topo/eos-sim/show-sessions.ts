import { MOST_COMPLETED, MOST_PENDING } from './sessions.ts';
import type { Session } from './sessions.ts';
import type { Switch } from './switch.ts';
import { dateTime, duration, textTable } from './table.ts';

/** Answer of `show configuration sessions [detail]` in both forms (layouts: devices.md 1.1). */
export interface SessionsAnswer {
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export function showSessions(device: Switch, terminal: string, detail: boolean): SessionsAnswer {
  device.sessions.expire(device.clock.now());
  const sessions = device.sessions.list();
  return {
    text: sessionsText(device, sessions, terminal, detail),
    json: sessionsJson(device, sessions, terminal),
  };
}

function sessionsText(
  device: Switch,
  sessions: readonly Session[],
  terminal: string,
  detail: boolean,
): string {
  const lines = [
    `Maximum number of completed sessions: ${MOST_COMPLETED}`,
    `Maximum number of pending sessions: ${MOST_PENDING}`,
  ];
  const { timer, profile } = device;
  if (profile.timerAtTop) {
    lines.push('Merge on commit is disabled', 'Autosave to startup-config on commit is disabled');
    if (timer !== undefined) {
      lines.push(
        '',
        `Session with pending commit timer: ${timer.session}`,
        `Time left until commit timer expiry: in ${duration(timer.deadline - device.clock.now())}`,
      );
    }
  }
  const titles = ['', 'Name', 'State', 'User', 'Terminal'];
  if (detail && !profile.timerAtTop) titles.push('Commit Time Left');
  if (detail) titles.push('Completed Time', 'Committed By');
  const rows = sessions.flatMap((session) => rowsOf(device, session, terminal, detail));
  lines.push('', ...textTable(titles, rows));
  return lines.join('\n');
}

function rowsOf(device: Switch, session: Session, terminal: string, detail: boolean): string[][] {
  const instances = session.instances.size === 0 ? [['', ''] as const] : [...session.instances];
  return instances.map(([where, user]) => {
    const row = [where !== '' && where === terminal ? '*' : '', session.name, session.state, user, where];
    if (!detail) return row;
    const armed = device.timer?.session === session.name ? device.timer : undefined;
    if (!device.profile.timerAtTop) {
      row.push(armed === undefined ? '' : duration(armed.deadline - device.clock.now()));
    }
    row.push(session.completed === undefined ? '' : dateTime(session.completed), session.committedBy ?? '');
    return row;
  });
}

/** Seconds since boot: `commitBy` and `commitTimerExpireTime` are relative to the uptime (napalm #2166). */
function uptimeOf(device: Switch, at: number): number {
  return (at - device.booted) / 1000;
}

function sessionsJson(
  device: Switch,
  sessions: readonly Session[],
  terminal: string,
): Record<string, unknown> {
  const { timer, profile } = device;
  const entries = sessions.map((session) => {
    const instances = [...session.instances].map(([where, user], index) => [
      String(800 + index),
      { user, terminal: where, currentTerminal: where === terminal },
    ]);
    const entry: Record<string, unknown> = {
      state: session.state,
      commitUser: session.committedBy ?? '',
      description: '',
      instances: Object.fromEntries(instances),
    };
    if (session.completed !== undefined) entry['completedTime'] = session.completed / 1000;
    if (timer?.session === session.name && !profile.timerAtTop) {
      entry['commitBy'] = uptimeOf(device, timer.deadline);
    }
    return [session.name, entry];
  });
  const answer: Record<string, unknown> = {
    maxSavedSessions: MOST_COMPLETED,
    maxOpenSessions: MOST_PENDING,
    sessions: Object.fromEntries(entries),
  };
  if (profile.timerAtTop) {
    answer['mergeOnCommit'] = false;
    answer['saveToStartupConfigOnCommit'] = false;
    if (timer !== undefined) {
      answer['commitTimerSessionName'] = timer.session;
      answer['commitTimerExpireTime'] = uptimeOf(device, timer.deadline);
    }
  }
  return answer;
}
