/** The enforcer's JSON log of one Pod, as the node agent stores it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface LogLine {
  /** When it was written: the end of the step. Milliseconds since 1970. */
  readonly at: number;
  readonly step: string;
  /** Absent on lines about the whole Job. */
  readonly device: string | undefined;
  readonly ms: number | undefined;
}

/** @param state the node agent's folder */
export async function enforcerLog(state: string, podUid: string): Promise<LogLine[]> {
  const text = await readFile(join(state, 'pods', podUid, 'enforcer.log'), 'utf8');
  return text.split('\n').flatMap((line) => {
    const start = line.indexOf('{');
    if (start === -1) return [];
    const { time, step, device, ms } = JSON.parse(line.slice(start)) as {
      time: string;
      step?: string;
      device?: string;
      ms?: number;
    };
    return step === undefined ? [] : [{ at: Date.parse(time), step, device, ms }];
  });
}
