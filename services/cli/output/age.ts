/** How long ago something was, as kubectl writes it, in one unit. Pure. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Such as `45s`, `12m`, `3h`, `5d`.
 *
 * @param since RFC 3339; anything else, and what is not in the past, gives empty text or `0s`
 * @param now milliseconds since 1970
 */
export function age(since: string | undefined, now: number): string {
  const past = now - Date.parse(since ?? '');
  if (Number.isNaN(past)) return '';
  if (past < SECOND) return '0s';
  if (past < 2 * MINUTE) return `${Math.floor(past / SECOND)}s`;
  if (past < 3 * HOUR) return `${Math.floor(past / MINUTE)}m`;
  if (past < 2 * DAY) return `${Math.floor(past / HOUR)}h`;
  return `${Math.floor(past / DAY)}d`;
}
