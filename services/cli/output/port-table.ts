/** Rows of ports as people and programs read them. Pure. */
import type { PortRow } from '../port-rows.ts';
import { age } from './age.ts';
import type { Layout, View } from './show.ts';
import { table } from './table.ts';

const HEADERS = ['PORTS', 'STATE', 'TENANT', 'REQUEST', 'VLAN', 'SINCE'];
const MORE_HEADERS = ['TRUNK', 'SHUTDOWN', 'STP', 'DESCRIPTION', 'SHADOWED'];

/** @param now milliseconds since 1970 */
export function portView(kind: string, device: string, rows: readonly PortRow[], now: number): View {
  return {
    kind,
    data: { device, ports: rows },
    text: (layout) => (rows.length === 0 ? '' : portTable(rows, layout, now)),
  };
}

function portTable(rows: readonly PortRow[], { wide, headers, paint }: Layout, now: number): string {
  return table(
    headers ? [...HEADERS, ...(wide ? MORE_HEADERS : [])] : [],
    rows.map((row) => [...cells(row, now), ...(wide ? moreCells(row) : [])]),
    paint,
  );
}

function cells({ ports, state, tenant, request, settings, since }: PortRow, now: number): string[] {
  return [ports, state, tenant ?? '', request ?? '', vlanOf(settings), age(since, now)];
}

function vlanOf(settings: PortRow['settings']): string {
  if (settings === undefined) return '';
  const { vlan, vlans } = settings;
  return vlans === undefined ? String(vlan) : `${vlan},${vlans}`;
}

function moreCells({ settings, shadowed }: PortRow): string[] {
  if (settings === undefined) return [];
  const { trunk, shutdown, stp, description } = settings;
  return [String(trunk), String(shutdown), stp, description, shadowed?.join(',') ?? ''];
}
