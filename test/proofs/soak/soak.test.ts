import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { LEAKS } from './leaks.ts';
import { complaints, told } from './report.ts';
import { soak, type Findings } from './soak.ts';

/** Handles settle in so many seconds, see rules.ts. */
const SETTLED = 20;

/** A minute of load, where `make soak` takes an hour: handles are judged, memory is not. */
describe('a minute of mixed load', () => {
  const leak = LEAKS.find(({ name }) => name === 'kept-connections');
  let findings: Findings;
  before(async () => {
    assert.ok(leak);
    findings = await soak({
      seconds: 60,
      settled: SETTLED,
      seed: 1,
      handlesOnly: true,
      probeSeconds: 2,
      rounds: 1,
      leak,
    });
  });
  const grown = () => findings.judged.filter(({ verdict }) => verdict === 'grows');

  it('finds the leak that was planted into one process', () => {
    const leaking = grown().filter(({ subject }) => subject === leak?.process);
    assert.ok(
      leaking.some(({ what }) => what === 'sockets'),
      findings.judged
        .filter(({ subject }) => subject === leak?.process)
        .map(told)
        .join('\n'),
    );
  });

  it('finds no other growth, and all that was made is gone when it is deleted', () => {
    const elsewhere = {
      ...findings,
      judged: findings.judged.filter(({ subject }) => subject !== leak?.process),
      leftBehind: findings.leftBehind.filter((line) => !line.startsWith(`${leak?.process}: `)),
    };
    const others = complaints(elsewhere, SETTLED);
    assert.deepEqual(others, []);
  });

  it('has judged the handles of every process, and did what it should', () => {
    const processes = new Set(
      findings.judged
        .filter(({ what, verdict }) => what === 'sockets' && verdict !== 'too short')
        .map(({ subject }) => subject),
    );
    assert.equal(processes.size, 11, [...processes].join(', '));
    assert.equal(findings.load.restarts.length, 6);
    assert.ok((findings.load.outcomes.get('create, change or delete a request')?.get('created') ?? 0) > 0);
  });
});
