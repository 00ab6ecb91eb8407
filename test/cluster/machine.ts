/** Whether this machine can run nodes. */
import { missing, words } from '../../tools/cluster/requirements.ts';

const lacking = await missing();
export const canRunNodes = lacking.length === 0;
/** Options of tests that need nodes: elsewhere they are skipped, with what the machine lacks. */
export const ON_NODES = { skip: canRunNodes ? false : words(lacking) };
