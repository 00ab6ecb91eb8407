import { requestFacts } from '../../../lib/ledger/request.ts';
import type { Goal } from './goal.ts';

export const gone: Goal = {
  name: 'deleted requests are gone',
  missed({ record }) {
    const left = record.requests().find((request) => requestFacts(request).deleting);
    if (left === undefined) return undefined;
    const { namespace, name } = requestFacts(left);
    const ready = left.status?.conditions?.find(({ type }) => type === 'Ready');
    return `${namespace}/${name} is still being deleted: ${ready?.message ?? 'no word'}`;
  },
};
