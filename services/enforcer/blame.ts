import type { DueRequest } from '../../lib/ledger/due.ts';
import type { Owner } from '../../lib/render/candidate.ts';
import type { LoadProblem } from './driver.ts';
import type { Culprit } from './held.ts';
import { redactLine } from './redact.ts';

/** Why a candidate could not be made ready to commit. */
export type Refusal =
  | { stage: 'render'; failures: readonly { owner: Owner; message: string }[] }
  | { stage: 'load'; problems: readonly LoadProblem[]; lines: readonly { text: string; owner: Owner }[] }
  | { stage: 'guard'; message: string };

export type Verdict =
  /** These leave the candidate. */
  | { blame: 'requests'; culprits: Culprit[] }
  /** No line tells: each request must be tried on top of those that load. */
  | { blame: 'unknown'; message: string };

/**
 * Who is to blame for a refusal (enforcement.md, "Who is to blame", 2 and 3). To be asked only when
 * `candidate(∅)` loads: if it does not, it is the platform, and nobody here.
 * @param included requests let in, oldest first
 */
export function blame(refusal: Refusal, included: readonly DueRequest[]): Verdict {
  const byUid = new Map(included.map((request) => [request.uid, request]));
  switch (refusal.stage) {
    case 'render': {
      const culprits = new Map<string, Culprit>();
      for (const { owner, message } of refusal.failures) {
        const request = owner.kind === 'request' ? byUid.get(owner.uid) : undefined;
        if (request === undefined || culprits.has(request.uid)) continue;
        culprits.set(request.uid, { request, reason: 'RenderFailed', message });
      }
      if (culprits.size > 0) return { blame: 'requests', culprits: [...culprits.values()] };
      return { blame: 'unknown', message: words(refusal) };
    }
    case 'load': {
      // After a refused `interface` line the next ones land in the wrong mode: only the first bad line tells.
      const first = firstBadLine(refusal.problems);
      const owner = first === undefined ? undefined : refusal.lines[first - 1]?.owner;
      const request = owner?.kind === 'request' ? byUid.get(owner.uid) : undefined;
      if (request === undefined) return { blame: 'unknown', message: words(refusal) };
      const message = ownWords(refusal, request.uid);
      return { blame: 'requests', culprits: [{ request, reason: 'Rejected', message }] };
    }
    case 'guard':
      return { blame: 'unknown', message: refusal.message };
  }
}

/** A refusal in one text, for the platform's own people. */
export function words(refusal: Refusal): string {
  switch (refusal.stage) {
    case 'render':
      return refusal.failures.map(({ owner, message }) => `${nameOf(owner)}: ${message}`).join('\n');
    case 'load':
      return refusal.problems
        .map(({ line, text, message }) => {
          const owner = line === undefined ? undefined : refusal.lines[line - 1]?.owner;
          const quoted = text === undefined ? '' : `"${redactLine(text)}" `;
          return `${owner === undefined ? '' : `${nameOf(owner)}: `}${quoted}${redactLine(message)}`;
        })
        .join('\n');
    case 'guard':
      return refusal.message;
  }
}

/** The switch's words for the lines of one request, and for no other's. */
function ownWords(refusal: Refusal & { stage: 'load' }, uid: string): string {
  return refusal.problems
    .flatMap(({ line, text, message }) => {
      const at = line === undefined ? undefined : refusal.lines[line - 1];
      if (at?.owner.kind !== 'request' || at.owner.uid !== uid) return [];
      return [`"${redactLine((text ?? at.text).trim())}" ${redactLine(message)}`];
    })
    .join('\n');
}

function firstBadLine(problems: readonly LoadProblem[]): number | undefined {
  const lines = problems.flatMap(({ line }) => (line === undefined ? [] : [line]));
  return lines.length === 0 ? undefined : Math.min(...lines);
}

function nameOf(owner: Owner): string {
  if (owner.kind === 'request') return `port ${owner.port}`;
  return owner.kind === 'parked' ? `parked port ${owner.port}` : `base/${owner.model}`;
}
