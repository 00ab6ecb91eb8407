import { versionOf } from '../../../services/scheduler/stores.ts';
import type { Property } from './property.ts';

/** R11: a model never shows an older generation of the same Device, nor an earlier Device. */
export const modelsForward: Property = {
  name: 'R11: a model never goes back',
  onWrite({ by, target, before, after }, { record, broken }) {
    if (target.plural !== 'configmaps' || before === undefined || after === undefined) return;
    const [was, is] = [versionOf(before), versionOf(after)];
    if (was === undefined || is === undefined) return;
    const ages = record.age(is.uid) - record.age(was.uid);
    if (ages < 0 || (ages === 0 && is.generation < was.generation)) {
      broken(
        `${by} takes ${after.metadata.name} from ${was.uid}@${was.generation} back to ${is.uid}@${is.generation}`,
      );
    }
  },
};
