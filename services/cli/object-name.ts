/** Names of objects, as kubectl and this program print them: `interface/web`, `device.network.as.a.service/leaf1`. Pure. */
import { GROUP, VERSION } from '../../crds/names.ts';
import { Failure } from './failure.ts';

const WORDS = { interface: 'interfaces?|intf', device: 'devices?|dev' };
const SUFFIX = `(?:(?:\\.${VERSION})?\\.${GROUP.replaceAll('.', '\\.')})?`;

/**
 * The name without the kind that may stand before it.
 *
 * @param next the command that shows names
 * @throws Failure for the name of another kind, or one with its namespace
 */
export function nameOf(kind: keyof typeof WORDS, written: string, next: string): string {
  const name = written.replace(new RegExp(`^(?:${WORDS[kind]})${SUFFIX}/`, 'i'), '');
  if (name !== '' && !name.includes('/')) return name;
  const called = kind === 'interface' ? 'a request' : 'a device';
  const namespaced = kind === 'interface' ? ', its namespace by -n' : '';
  throw new Failure(`"${written}" is no name of ${called}: write NAME or ${kind}/NAME${namespaced}`, {
    next,
  });
}
