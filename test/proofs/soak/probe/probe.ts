/** Reads everything once. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { metricsPage } from '../../../../bench/measure/metrics-page.ts';
import type { Connection } from '../../../../lib/kube/connection.ts';
import type { RunningPlatform } from '../../../platform/running-platform.ts';
import { etcdUse } from './etcd.ts';
import { folderSize } from './files.ts';
import { heapOf } from './heap.ts';
import { countOf, type Kind } from './objects.ts';
import { processHoldings } from './process.ts';
import type { Reading, What } from './reading.ts';

export interface Probe {
  readonly naas: RunningPlatform;
  readonly api: Connection;
  readonly kinds: readonly Kind[];
  /** Where each process listens for its inspector. */
  readonly inspectors: ReadonlyMap<string, number>;
  readonly handlesOnly: boolean;
}

const ONE_LIFE = '';

/** A process may end while it is read: its readings of this round are left out then. */
export async function readAll(probe: Probe): Promise<Reading[]> {
  const { naas } = probe;
  const { controlPlane, processes, switches, directory } = naas.platform;
  const programs = [
    ...Object.entries(controlPlane.pids).map(([name, pid]) => ({ name, pid, httpAddress: undefined })),
    ...[...processes.values()].map(({ name, pid, httpAddress }) => ({ name, pid, httpAddress })),
  ];
  // Handles first: reading pages and heaps opens connections of our own.
  const held = await Promise.all(programs.map(({ name, pid }) => unlessGone(() => handles(name, pid))));
  const pages = await Promise.all(
    programs.map(({ name, pid, httpAddress }) => unlessGone(() => page(name, pid, httpAddress))),
  );
  if (probe.handlesOnly) return [...held, ...pages].flat();
  const rest = await Promise.all([
    ...programs.map(({ name, pid }) => unlessGone(() => heap(name, pid, probe.inspectors.get(name)))),
    ...probe.kinds.map((kind) => objects(probe.api, kind)),
    ...[...switches.keys()].map((name) => unlessGone(() => atSwitch(naas, name))),
    etcd(naas),
    folders('.naas', directory),
    folders('.naas/controlplane', controlPlane.directory),
  ]);
  return [...held, ...pages, ...rest].flat();
}

async function unlessGone(read: () => Promise<Reading[]>): Promise<Reading[]> {
  try {
    return await read();
  } catch {
    // It is being restarted, which the load does on purpose. One that stays away lacks samples: "too short".
    return [];
  }
}

async function handles(subject: string, pid: number | undefined): Promise<Reading[]> {
  const held = await processHoldings(pid);
  const reading = (what: What, value: number) => ({ subject, what, value, life: String(pid) });
  return [
    reading('memory', held.memory),
    reading('threads', held.threads),
    reading('sockets', held.sockets),
    reading('connections', held.connections),
    reading('half-closed', held.halfClosed),
    reading('files', held.files),
    reading('other handles', held.otherHandles),
  ];
}

async function page(
  subject: string,
  pid: number | undefined,
  address: string | undefined,
): Promise<Reading[]> {
  if (address === undefined) return [];
  const metrics = await metricsPage(address);
  const life = String(pid);
  return [
    { subject, what: 'metric series', value: metrics.series, life },
    { subject, what: 'queued keys', value: metrics.sum('workqueue_depth'), life },
  ];
}

async function heap(subject: string, pid: number | undefined, port: number | undefined): Promise<Reading[]> {
  if (port === undefined) return [];
  const { reachable, outside } = await heapOf(port);
  const life = String(pid);
  return [
    { subject, what: 'heap', value: reachable, life },
    { subject, what: 'outside heap', value: outside, life },
  ];
}

async function objects(api: Connection, kind: Kind): Promise<Reading[]> {
  return [{ subject: kind.name, what: 'objects', value: await countOf(api, kind), life: ONE_LIFE }];
}

async function atSwitch(naas: RunningPlatform, subject: string): Promise<Reading[]> {
  const { connections, sessions } = await naas.switchState(subject);
  return [
    { subject, what: 'switch sessions', value: sessions.length, life: ONE_LIFE },
    { subject, what: 'switch connections', value: connections, life: ONE_LIFE },
  ];
}

async function etcd(naas: RunningPlatform): Promise<Reading[]> {
  const { databaseInUse, keys } = await etcdUse(naas.platform.controlPlane);
  return [
    { subject: 'etcd', what: 'database', value: databaseInUse, life: ONE_LIFE },
    { subject: 'etcd', what: 'stored keys', value: keys, life: ONE_LIFE },
  ];
}

/** Of each folder of the platform, as `make up` has them in `.naas`. */
async function folders(parent: string, directory: string): Promise<Reading[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const readings = entries
    .filter((entry) => entry.isDirectory())
    .map(async ({ name }): Promise<Reading[]> => {
      const { files, size } = await folderSize(join(directory, name));
      return [
        { subject: `${parent}/${name}`, what: 'files on disk', value: files, life: ONE_LIFE },
        { subject: `${parent}/${name}`, what: 'size on disk', value: size, life: ONE_LIFE },
      ];
    });
  return (await Promise.all(readings)).flat();
}
