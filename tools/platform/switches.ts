/** What a person needs to log in to the simulated switches, and the inventory the platform reads. */
import { stringify } from 'yaml';
import type { SwitchLogin } from '../demo/switch-console.ts';

/** Ports of each simulated switch; the last two lead to other switches. */
export const PORTS = 54;
export const UPLINKS = ['53', '54'] as const;

export interface Switch extends SwitchLogin {
  readonly name: string;
}

/** `hosts.yaml` of the simulated switches, in Nornir's SimpleInventory form. */
export function inventoryHosts(switches: Iterable<Switch>): string {
  const hosts: Record<string, unknown> = {};
  for (const { name, address, port, username, privateKey, hostKey } of switches) {
    hosts[name] = {
      hostname: address,
      port,
      username,
      platform: 'eos',
      connection_options: { ssh: { extras: { private_key: privateKey } } },
      data: {
        uplinks: Object.fromEntries(
          UPLINKS.map((uplink) => [uplink, { description: 'to the other switch' }]),
        ),
        naas: {
          ports: [`1-${PORTS}`],
          uplinks: UPLINKS,
          // The trial switches are the platform's from the first moment.
          adopt: true,
          hostKeys: [hostKey],
        },
      },
    };
  }
  return stringify(hosts);
}

/** `ssh_config` with a host per switch: `ssh -F .naas/ssh_config devicea`. */
export function sshConfig(
  switches: Iterable<Switch>,
  files: { identity: string; knownHosts: string },
): string {
  return [...switches]
    .map(({ name, address, port, username }) =>
      [
        `Host ${name}`,
        `  HostName ${address}`,
        `  Port ${port}`,
        `  User ${username}`,
        `  IdentityFile ${files.identity}`,
        '  IdentitiesOnly yes',
        `  UserKnownHostsFile ${files.knownHosts}`,
        `  HostKeyAlias ${name}`,
        '  StrictHostKeyChecking yes',
        '  LogLevel ERROR',
        '',
      ].join('\n'),
    )
    .join('\n');
}

/** Lines of a known_hosts file, by switch name. */
export function knownHosts(switches: Iterable<Switch>): string {
  return [...switches].map(({ name, hostKey }) => `${name} ${hostKey}\n`).join('');
}
