/** What may stand on a port of a switch, as the referee understands it: each configuration that a switch showed. */
import { differences, settingsOf, type LedgerVersion, type Setting } from './views.ts';

/** A configuration, and what is known of the time in which it was shown. */
export interface ShownSpan {
  readonly device: string;
  readonly number: number;
  readonly settings: ReadonlyMap<string, Setting>;
  /** The newest generation that was seen as applied before the span ended. */
  readonly applied: number;
}

/** The request that asked for a setting. */
export interface Author {
  readonly uid: string;
  readonly namespace: string;
}

/**
 * What a port shows was asked for by a request that has an active claim on this very port, in some version of the
 * ledger that is not older than the one last called applied. So no port shows a request of one tenant once another's
 * hold on it was confirmed (R9). A port may show nothing.
 * @param versions of the ledger of this switch, oldest first
 * @param authorOf by tag; undefined: nobody ever asked for it
 * @returns what is wrong; empty: nothing
 */
export function shownFaults(
  span: ShownSpan,
  versions: readonly LedgerVersion[],
  authorOf: (tag: string) => Author | undefined,
): string[] {
  const fitting = versions.filter(({ generation }) => generation >= span.applied);
  return [...span.settings].flatMap(([port, { tag }]) => {
    const author = authorOf(tag);
    const counts = fitting.some(({ ports }) =>
      ports.get(port)?.claims.some(({ uid, state }) => uid === author?.uid && state !== 'reserved'),
    );
    if (counts) return [];
    const owners = new Set(fitting.map(({ ports }) => ports.get(port)?.namespace ?? 'nobody'));
    const whose = author === undefined ? 'that nobody asked for' : `of ${author.namespace} (${author.uid})`;
    const where = `${span.device}, configuration ${span.number}: port ${port}`;
    return [
      `${where} shows ${tag} ${whose}; from generation ${span.applied} (applied) on it is of ${[...owners].join(', then ')}`,
    ];
  });
}

/** Whether a configuration is one version of the ledger as a whole: so it is unless a request is kept back. */
export function isWhole(settings: ReadonlyMap<string, Setting>, versions: readonly LedgerVersion[]): boolean {
  return versions.some((version) => differences(settings, settingsOf(version)).length === 0);
}

/** The version that a configuration comes closest to, with what differs. */
export function nearest(settings: ReadonlyMap<string, Setting>, versions: readonly LedgerVersion[]): string {
  const ranked = versions
    .map((version) => ({ version, found: differences(settings, settingsOf(version)) }))
    .sort((a, b) => a.found.length - b.found.length);
  const [best] = ranked;
  if (best === undefined) return 'like nothing known';
  const alike = ranked.filter(({ found }) => found.length === best.found.length);
  const generations = alike.map(({ version }) => version.generation).join(', ');
  const words = best.found.length === 0 ? '' : `, but ${best.found.join(', ')}`;
  return `generation ${generations}${words}`;
}
