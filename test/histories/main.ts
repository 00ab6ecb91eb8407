import { parseArgs } from 'node:util';
import { runHistories } from './run.ts';

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    scenario: { type: 'string' },
    'no-shrink': { type: 'boolean', default: false },
  },
});
const started = performance.now();
const failure = await runHistories({
  seed: Number(values.seed),
  histories: Number(values.histories),
  shrink: !values['no-shrink'],
  onProgress: (done) => {
    if (done % 500 === 0)
      console.log(`${done} histories, ${Math.round(process.cpuUsage().user / 1000)} ms of CPU`);
  },
  ...(values.scenario === undefined ? {} : { scenario: values.scenario }),
});
console.log(`${Math.round(performance.now() - started)} ms`);
if (failure !== undefined) {
  console.log(`seed ${failure.seed} scenario ${failure.scenario}: ${failure.property}\n${failure.story}`);
  process.exit(1);
}
process.exit(0);
