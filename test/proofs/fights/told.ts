/** Whether a client was told the truth. */
import type { Asked } from './client.ts';
import { namedConflicts } from './settled.ts';

/**
 * @param heldMeanwhile `tenant/request` of all who had a claim on the port since the last rest
 * @returns what is wrong with the answer; undefined: nothing
 */
export function answerFault(
  { tenant, client, name, wish, answer }: Asked,
  heldMeanwhile: (port: string) => ReadonlySet<string>,
): string | undefined {
  const who = `client ${client} (${tenant}/${name}, ${wish.tag})`;
  if (answer.told === 'stored' || answer.told === 'gone') return undefined;
  if (answer.told === 'nothing') return `${who} was never answered: ${answer.why}`;
  const named = answer.causes
    .filter(({ reason }) => reason === 'PortOwnedByOtherTenant')
    .flatMap(({ message }) => namedConflicts(message));
  const text = answer.causes.map(({ reason, message }) => `${reason}: ${message}`).join('; ');
  if (named.length === 0) return `${who} was denied without a lost port: ${text}`;
  for (const conflict of named) {
    const [port = '', owner = ''] = conflict.split(' to ');
    if (!wish.ports.some((asked) => asked === port))
      return `${who} is told of ${port}, which it did not ask for: ${text}`;
    if (owner.startsWith(`${tenant}/`)) return `${who} lost ${port} to its own tenant: ${text}`;
    if (!heldMeanwhile(port).has(owner))
      return `${who} is told that ${owner} has ${port}, which it never had: ${text}`;
  }
  return undefined;
}
