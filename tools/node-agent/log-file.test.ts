import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createLogFile, parseLog, readLog } from './log-file.ts';
import { parseLogQuery, selectLines } from './log-query.ts';

const directory = mkdtempSync(join(tmpdir(), 'naas-log-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;
const fresh = (): string => join(directory, `${(files += 1)}.log`);

const plain = { timestamps: false };

test('lines are stored with their time and stream, however they were cut on the way', () => {
  const path = fresh();
  let now = Date.parse('2026-03-01T12:00:00.000Z');
  const log = createLogFile(path, () => now);
  log.write('stdout', Buffer.from('one\ntw'));
  now += 1000;
  log.write('stderr', Buffer.from('error\n'));
  log.write('stdout', Buffer.from('o\nlast'));
  log.end();
  assert.equal(
    readFileSync(path, 'utf8'),
    [
      '2026-03-01T12:00:00.000Z stdout F one',
      '2026-03-01T12:00:01.000Z stderr F error',
      '2026-03-01T12:00:01.000Z stdout F two',
      '2026-03-01T12:00:01.000Z stdout F last',
      '',
    ].join('\n'),
  );
  const lines = parseLog(readLog(path));
  assert.equal(selectLines(lines, plain).toString(), 'one\nerror\ntwo\nlast\n');
  assert.equal(selectLines(lines, { ...plain, tail: 2 }).toString(), 'two\nlast\n');
  assert.equal(selectLines(lines, { ...plain, tail: 0 }).toString(), '');
  assert.equal(selectLines(lines, { ...plain, since: now }).toString(), 'error\ntwo\nlast\n');
  assert.equal(
    selectLines(lines, { timestamps: true, tail: 1 }).toString(),
    '2026-03-01T12:00:01.000Z last\n',
  );
});

test('a long line is stored in parts and comes out whole', () => {
  const path = fresh();
  const log = createLogFile(path, Date.now);
  const long = 'ä'.repeat(20_000);
  for (let start = 0; start < long.length; start += 777)
    log.write('stdout', Buffer.from(long.slice(start, start + 777)));
  log.write('stdout', Buffer.from('\nshort\n'));
  log.end();
  const lines = parseLog(readLog(path));
  assert.ok(lines.length > 2);
  assert.equal(selectLines(lines, plain).toString(), `${long}\nshort\n`);
  assert.equal(selectLines(lines, { ...plain, tail: 2 }).toString(), `${long}\nshort\n`);
});

test('a log without end stays within its bounds', () => {
  const path = fresh();
  const log = createLogFile(path, Date.now);
  const chunk = Buffer.from(`${'x'.repeat(1000)}\n`.repeat(1000));
  for (let count = 0; count < 30; count += 1) log.write('stdout', chunk);
  log.end();
  const { length } = readLog(path);
  assert.ok(length > 9e6 && length < 22e6, String(length));
});

test('what a container printed binary does not break the lines', () => {
  const path = fresh();
  const log = createLogFile(path, Date.now);
  const bytes = Buffer.from([0, 255, 13, 27, 91, 10, 65, 10]);
  log.write('stdout', bytes);
  log.end();
  assert.deepEqual(selectLines(parseLog(readLog(path)), plain), bytes);
});

test('the query of kubectl logs', () => {
  const read = (query: string): object => parseLogQuery(new URLSearchParams(query), 10_000);
  const nothing = { follow: false, previous: false, timestamps: false };
  assert.deepEqual(read(''), nothing);
  assert.deepEqual(
    read('follow=true&tailLines=5&sinceSeconds=3&limitBytes=9&timestamps=true&previous=true'),
    {
      ...{ follow: true, previous: true, timestamps: true, since: 7000, tail: 5, limit: 9 },
    },
  );
  assert.deepEqual(read('sinceTime=1970-01-01T00:00:01Z'), { ...nothing, since: 1000 });
  for (const bad of [
    'tailLines=-1',
    'tailLines=x',
    'sinceTime=yesterday',
    'sinceSeconds=1&sinceTime=1970-01-01T00:00:01Z',
  ]) {
    assert.throws(() => read(bad), Error, bad);
  }
});
