/** When the platform counts as up. */
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { DEVICES } from '../../lib/kube/resources.ts';

const DEADLINE_MS = 120_000;
const POLL_MS = 100;

/**
 * Waits until each switch has confirmed a configuration.
 *
 * @throws after two minutes, naming the switches that have not and what their last push said.
 */
export async function switchesAreConfigured(connection: Connection, names: readonly string[]): Promise<void> {
  const devices = client(connection, DEVICES);
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const { items } = await devices.list({ namespace: PLATFORM_NAMESPACE });
    const missing = names.filter(
      (name) => !items.some((d) => d.metadata.name === name && d.status?.applied !== undefined),
    );
    if (missing.length === 0) return;
    if (Date.now() > deadline) {
      const words = missing.map((name) => {
        const attempted = items.find((device) => device.metadata.name === name)?.status?.attempted;
        return `${name}: ${attempted?.outcome ?? 'never tried'} ${attempted?.message ?? ''}`.trim();
      });
      throw new Error(`The switches were not configured in ${DEADLINE_MS / 1000} s. ${words.join('; ')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
