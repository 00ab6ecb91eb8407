import type { Fault } from './fault.ts';

const COMMIT = 'services/enforcer/steps/commit.ts';
const TRIAL = 'services/enforcer/trial.ts';
const GATE = 'services/enforcer/fence/gate.ts';
const LEASE = 'services/enforcer/fence/lease.ts';
const ROUNDS = 'services/enforcer/rounds.ts';
const SNAPSHOT = 'services/enforcer/snapshot.ts';

/** Faults of model and push: R9, R11, the candidate and blame. */
export const PUSH_FAULTS: readonly Fault[] = [
  {
    name: 'no check at 5',
    scenario: 'overtaking',
    rule: 'R9, fence 5',
    breaks: 'session, commit and confirm pass without a look whether Lease and ledger are still ours',
    story:
      'An enforcer stands still before it opens its session, so that its successor finds none to abort; it wakes and commits the older ledger.',
    edits: [
      {
        file: TRIAL,
        find: `        pass,
        guard: guard(assumed),`,
        replace: `        pass: async () => undefined,
        guard: guard(assumed),`,
      },
      {
        file: TRIAL,
        find: 'commit({ line, journal, prepared: ready, timer: TIMER_S, pass })',
        replace: 'commit({ line, journal, prepared: ready, timer: TIMER_S, pass: async () => undefined })',
      },
    ],
  },
  {
    name: 'session opened after the check',
    scenario: 'overtaking',
    rule: 'R9, fence 4 to 6',
    breaks: 'what is committed is a session made after the check, which a successor could not abort',
    story:
      'An enforcer passes the gate and stands still; its successor confirms a newer ledger; then it opens a session and commits the older one.',
    edits: [
      {
        file: COMMIT,
        find: `  await pass();
  try {
    await journal.step(
      'commit',`,
        replace: `  await pass();
  await line.current.abort(session);
  await line.current.open(session);
  await line.current.load(prepared.candidate.text);
  try {
    await journal.step(
      'commit',`,
      },
    ],
  },
  {
    name: 'no abort at 2',
    scenario: 'succession',
    rule: 'R9, fence 2',
    breaks: 'sessions and the armed timer of earlier epochs stay on the switch',
    story:
      'A dead enforcer has left an armed commit; the next finds nothing to change and writes `applied`; the timer would take it back.',
    edits: [
      {
        file: 'services/enforcer/push.ts',
        find: 'for (const session of decision.abort) await connection.abort(session);',
        replace: '',
      },
    ],
  },
  {
    name: 'no Lease',
    scenario: 'succession',
    rule: 'R9, fence 1',
    breaks: 'nobody takes a Lease, and every enforcer takes itself for its holder',
    story:
      'Two enforcers push d1 at once; one writes `applied` while the commit of the other waits for its confirm.',
    edits: [
      {
        file: LEASE,
        find: '  const start = clock.monotonic();',
        replace: `  const start = clock.monotonic();
  if (options.device !== '')
    return hold(options, { metadata: { ...ref }, spec: taken(options, options.knownEpoch + 1) }, start, true);`,
      },
      {
        file: LEASE,
        find: 'isMine: (stored) => owns(stored) && clock.monotonic() - renewed < FRESH_MS,',
        replace: 'isMine: (stored) => stored === undefined || !owns(stored) || renewed >= 0,',
      },
      {
        file: GATE,
        find: ".catch(gone('Lease'));",
        replace: '.catch(() => ({ metadata: { name: leaseName(device) } }));',
      },
    ],
  },
  {
    name: 'no uid in the fence',
    scenario: 'made anew',
    rule: 'R9, fence 5',
    breaks: 'a push of a Device that was lost and made anew goes on',
    story:
      'd1 is lost and made anew under a push, which goes on with what the new Device has not confirmed, and parks a port that r1 holds.',
    edits: [
      {
        file: GATE,
        find: 'if (now.metadata.uid !== uid) throw',
        replace: 'if (now.metadata.uid === undefined) throw',
      },
      {
        file: GATE,
        find: 'if (applied?.uid === uid && applied.generation > generation) {',
        replace: 'if (applied !== undefined && applied.generation > generation) {',
      },
    ],
  },
  {
    name: 'model goes backwards',
    scenario: 'rebuild',
    rule: 'R11',
    breaks: 'a model is written from a Device as a cache shows it, whatever newer one stands there',
    edits: [
      {
        file: 'services/device-watcher/decide.ts',
        find: "if (older && !fresh) return { do: 'look-again' };",
        replace: 'void older;',
      },
    ],
  },
  {
    name: '`applied` before the confirm',
    scenario: 'succession',
    rule: 'R9, fence 7',
    breaks: 'status tells of a commit that the switch may still take back',
    story: '`applied` is written while the commit still waits for its confirm.',
    edits: [
      {
        file: TRIAL,
        find: 'const done = await commit({ line, journal, prepared: ready, timer: TIMER_S, pass });',
        replace: `let gates = 0;
      const telling = async (): Promise<void> => {
        await pass();
        gates += 1;
        if (gates === 2) await record(ready, ready.print, culprits, more);
      };
      const done = await commit({ line, journal, prepared: ready, timer: TIMER_S, pass: telling });`,
      },
    ],
  },
  {
    name: 'candidate rule 2 without uid',
    scenario: 'held-on-top',
    rule: 'candidate 2',
    breaks: 'a port goes on showing what was confirmed there, whoever has claimed it since',
    story:
      'r2, which the switch refuses, is on top of r1; r1 goes, and its port is shown on as if it were of r2.',
    edits: [
      {
        file: 'lib/render/candidate.ts',
        find: 'return before !== undefined && hasActive(own(active, port), before.uid) ? before : undefined;',
        replace: `const holder = own(active, port);
  return before !== undefined && holder !== undefined && hasActive(holder, holder.annotations.uid ?? '')
    ? before
    : undefined;`,
      },
    ],
  },
  {
    name: '`applied` with a newer generation than the model',
    scenario: 'succession',
    rule: 'push 4, R9',
    breaks: 'the Device is called applied as it stands, though an older model of it was pushed',
    story: 'The model lags behind the Device, and the later generation is called applied.',
    edits: [
      {
        file: SNAPSHOT,
        find: 'model: { uid, generation, tops: (tops ?? {}) as Ledger },',
        replace:
          'model: { uid, generation: device.metadata.generation ?? generation, tops: (tops ?? {}) as Ledger },',
      },
    ],
  },
  {
    name: '`unchanged` without `applied`',
    scenario: 'succession',
    rule: 'push 8',
    breaks: 'a push that changes nothing writes no `applied` and `confirmed`',
    story: 'A push that changes nothing leaves a request waiting for ever.',
    edits: [
      {
        file: TRIAL,
        find: 'await record(ready, ready.before, culprits, more);',
        replace: `const told: Result = {
          outcome: 'unchanged',
          message: '',
          tried: { uid, generation, platform: platform.digest },
          facts,
          drift: 'none',
        };
        const stamp = { ...attempt, job: more ? undefined : attempt.job, now: clock.now() };
        device = await writeStatus(api, () => gate(fence), () => told, stamp, clock);`,
      },
    ],
  },
  {
    name: 'model read after the Device',
    scenario: 'half read',
    rule: 'push 4',
    breaks: 'the model may be newer than the Device that says whose claims are active',
    story:
      'r1 goes between the two reads: the model is without it, the Device still has it; the port shows it, and its going counts as confirmed.',
    edits: [
      {
        file: SNAPSHOT,
        find: '  const shared = await configMaps.list(',
        replace: `  const device = await readDevice();
  const shared = await configMaps.list(`,
      },
      {
        file: SNAPSHOT,
        find: 'return assemble(await readDevice(), ',
        replace: 'return assemble(device, ',
      },
    ],
  },
  {
    name: 'late status write of a dead holder',
    scenario: 'last words',
    rule: 'fence, late status write',
    breaks: 'whoever takes over from a holder that fell silent does not mark the Device before reading it',
    story:
      'A has confirmed and stands still before it says so; its successor commits another base model; A wakes and says what it had confirmed.',
    edits: [
      {
        file: 'services/enforcer/push.ts',
        find: 'if (!lease.handedOver) await announceEpoch(api, device.name, uid, lease.epoch);',
        replace: 'void announceEpoch;',
      },
    ],
  },
  {
    name: 'blame that loads each alone only',
    scenario: 'too-many-together',
    rule: 'blame 3',
    breaks: 'requests that the switch takes alone, but not together, are all found innocent',
    story:
      'Three requests with three VLANs come to a switch that takes two: each alone is innocent, and the push fails for ever.',
    edits: [
      {
        file: ROUNDS,
        find: 'const tried = await trial.prepare([...good, request], assumed);',
        replace: 'const tried = await trial.prepare([request], assumed);',
      },
    ],
  },
  {
    name: '`candidate(∅)` before the first `applied`',
    scenario: 'first-push',
    rule: 'blame 4',
    breaks: 'a push that found too many culprits parks ports of a switch whose Device was lost',
    story:
      'd1 was lost; its first push runs out of time while it looks for culprits and confirms a switch with nobody on it.',
    edits: [
      {
        file: ROUNDS,
        find: "if (!applied) return { outcome: 'busy', message, culprits, told: undefined };",
        replace: '',
      },
      {
        file: ROUNDS,
        find: "if (outcome !== 'rolled-back' || !applied) return { outcome, message, culprits, told };",
        replace: "if (outcome !== 'rolled-back') return { outcome, message, culprits, told };",
      },
    ],
  },
];
