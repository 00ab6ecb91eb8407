import type { ExecCommand } from './command.ts';
import { sortedNodes } from './config-tree.ts';
import type { Block } from './config-tree.ts';
import { unifiedDiff } from './diff.ts';
import { parseInterfaces } from './interface-name.ts';
import type { InterfaceName } from './interface-name.ts';
import { printInterfaces, printSection } from './running-config.ts';
import { showSessions } from './show-sessions.ts';
import { showVersion } from './show-version.ts';
import { CommandError } from './switch.ts';
import type { Switch } from './switch.ts';
import { dateTime, textTable } from './table.ts';

function interfacesOf(text: string | undefined): InterfaceName[] {
  const names = parseInterfaces(text ?? '');
  if (names === undefined) throw new CommandError('Invalid input');
  return names;
}

/** `show running-config | json`: each line a key, its sub-mode the value. */
function configJson(block: Block): { cmds: Record<string, unknown>; comments: readonly string[] } {
  const cmds = sortedNodes(block).map((node) => [
    node.text,
    node.block === undefined ? null : configJson(node.block),
  ]);
  return { comments: block.comments, cmds: Object.fromEntries(cmds) };
}

function interfaceNames(device: Switch): string[] {
  return sortedNodes(device.running)
    .map(({ text }) => text)
    .filter((text) => text.startsWith('interface '))
    .map((text) => text.slice('interface '.length));
}

/** `show interfaces | json`, as far as clients read it (napalm `get_facts`, `get_interfaces`). */
function interfacesJson(device: Switch): Record<string, unknown> {
  const entries = interfaceNames(device).map((name) => {
    const nodes = device.running.nodes.get(`interface ${name}`)?.block?.nodes;
    const disabled = nodes?.has('shutdown') === true;
    return [
      name,
      {
        name,
        description: nodes?.get('description')?.text.slice('description '.length) ?? '',
        interfaceStatus: disabled ? 'disabled' : 'connected',
        lineProtocolStatus: disabled ? 'down' : 'up',
        hardware: name.startsWith('Vlan') ? 'vlan' : 'ethernet',
        bandwidth: 10_000_000_000,
        mtu: 9214,
        physicalAddress: '02:4e:41:53:00:02',
      },
    ];
  });
  return { interfaces: Object.fromEntries(entries) };
}

function vlanTable(device: Switch): string {
  const rows = sortedNodes(device.running)
    .filter(({ text }) => /^vlan \d/.test(text))
    .map(({ text, block }) => {
      const id = text.slice('vlan '.length);
      const name = block?.nodes.get('name')?.text.slice('name '.length) ?? `VLAN${id.padStart(4, '0')}`;
      return [id, name, 'active', ''];
    });
  const one = rows.some(([id]) => id === '1') ? [] : [['1', 'default', 'active', '']];
  return textTable(['VLAN', 'Name', 'Status', 'Ports'], [...one, ...rows]).join('\n');
}

export const SHOW_COMMANDS: readonly ExecCommand[] = [
  { pattern: 'show version', run: ({ device }) => showVersion(device) },
  { pattern: 'show version detail', run: ({ device }) => showVersion(device) },
  {
    pattern: 'show hostname',
    run: ({ device }) => ({
      text: `Hostname: ${device.hostname}\nFQDN:     ${device.hostname}`,
      json: { hostname: device.hostname, fqdn: device.hostname },
    }),
  },
  {
    pattern: 'show clock',
    run: ({ device }) => ({
      text: `${new Date(device.clock.now()).toUTCString()}\nTimezone: UTC\nClock source: local`,
      json: { utcTime: device.clock.now() / 1000, timezone: 'UTC', clockSource: { local: true } },
    }),
  },
  {
    pattern: 'show privilege',
    run: (cli) => ({ text: `Current privilege level is ${cli.privileged ? 15 : 1}` }),
  },
  {
    pattern: 'show running-config',
    privileged: true,
    run: ({ device }) => ({ text: device.runningConfig(), json: configJson(device.running) }),
  },
  {
    pattern: 'show running-config interfaces <interfaces>',
    privileged: true,
    run: ({ device }, [names]) => ({ text: printInterfaces(device.running, interfacesOf(names)) }),
  },
  {
    pattern: 'show running-config section <text>',
    privileged: true,
    run: ({ device }, [text = '']) => {
      try {
        return { text: printSection(device.running, new RegExp(text.slice(0, 200), 'i')) };
      } catch {
        throw new CommandError('Invalid input');
      }
    },
  },
  {
    pattern: 'show running-config diffs',
    privileged: true,
    run: ({ device }) => {
      const lines = unifiedDiff(
        (device.startup ?? '').trimEnd().split('\n'),
        device.runningConfig().split('\n'),
      );
      return lines.length === 0
        ? {}
        : { text: ['--- flash:/startup-config', '+++ system:/running-config', ...lines].join('\n') };
    },
  },
  {
    pattern: 'show startup-config',
    privileged: true,
    run: ({ device }) => ({
      text: (device.startup ?? '')
        .trimEnd()
        .replace('! Command: show running-config', '! Command: show startup-config'),
    }),
  },
  {
    pattern: 'show configuration sessions',
    run: (cli) => showSessions(cli.device, cli.terminal, false),
  },
  {
    pattern: 'show configuration sessions detail',
    run: (cli) => showSessions(cli.device, cli.terminal, true),
  },
  {
    pattern: 'show configuration checkpoints',
    run: ({ device }) => ({
      text: [
        'Maximum number of checkpoints: 20',
        ...textTable(
          ['Filename', 'Date', 'User'],
          device.checkpoints.map(({ name, at, user }) => [name, dateTime(at), user]),
        ),
      ].join('\n'),
      json: {
        maxCheckpoints: 20,
        checkpoints: Object.fromEntries(
          device.checkpoints.map(({ name, at, user }) => [name, { fileDate: at / 1000, fileUser: user }]),
        ),
      },
    }),
  },
  {
    pattern: 'show session-config',
    privileged: true,
    run: (cli) => {
      const session = cli.session();
      return { text: cli.device.print(session.config, `show session-config named ${session.name}`) };
    },
  },
  {
    pattern: 'show session-config diffs',
    privileged: true,
    // No difference prints one blank line (devices.md 1.1).
    run: (cli) => ({ text: cli.device.diff(cli.session()) || '\n' }),
  },
  {
    pattern: 'show session-config named <word>',
    privileged: true,
    run: (cli, [name]) => {
      const session = cli.session(name);
      return { text: cli.device.print(session.config, `show session-config named ${session.name}`) };
    },
  },
  {
    pattern: 'show session-config named <word> diffs',
    privileged: true,
    run: (cli, [name]) => ({ text: cli.device.diff(cli.session(name)) || '\n' }),
  },
  {
    pattern: 'show interfaces',
    run: ({ device }) => ({
      text: interfaceNames(device)
        .map((name) => {
          const down = device.running.nodes.get(`interface ${name}`)?.block?.nodes.has('shutdown') === true;
          return `${name} is ${down ? 'administratively down, line protocol is down (disabled)' : 'up, line protocol is up (connected)'}`;
        })
        .join('\n'),
      json: interfacesJson(device),
    }),
  },
  { pattern: 'show vlan', run: ({ device }) => ({ text: vlanTable(device) }) },
  { pattern: 'show vlan brief', run: ({ device }) => ({ text: vlanTable(device) }) },
];
