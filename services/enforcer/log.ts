import pino from 'pino';

import type { Log } from '../../lib/kube/log.ts';
import type { Censor } from './redact.ts';

/**
 * JSON lines on standard output. Whatever is logged passes the censor as the finished line, so that no field and no
 * error can bring a credential out (S-63); JSON itself keeps foreign line breaks and colours from breaking a line (S-64).
 * @param level `NAAS_LOG_LEVEL`; default info
 * @param censor asked for each line: the secrets are known only after the slice was read
 */
export function openLog(level: string | undefined, censor: () => Censor, write: (line: string) => void): Log {
  return pino(
    {
      // A level nobody knows must not keep a Job from its work.
      level: level !== undefined && level in pino.levels.values ? level : 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(censor()(line)) },
  );
}
