import { sections } from '../../config-sections.ts';
import type { Sections } from '../../config-sections.ts';

/**
 * Ways by which the platform itself reaches the switch and that a configuration would take away (devices.md
 * 1.4.7). Everything else in the management plane may change: it comes from the network team's base models,
 * and what they removed by hand must be removable by them. The commit timer and the second login prove the rest.
 * @param login the user we are logged in as
 * @returns a sentence for each
 */
export function lostAccess(before: string, after: string, login: string | undefined): string[] {
  const [was, is] = [sections(before), sections(after)];
  return [
    ...lostUser(was, is, login),
    ...lostInterfaces(was, is),
    ...lostServices(was, is),
    ...lostRoutes(was, is),
  ];
}

function lostUser(was: Sections, is: Sections, login: string | undefined): string[] {
  if (login === undefined) return [];
  const has = (all: Sections): boolean =>
    [...all.keys()].some((line) => line.startsWith(`username ${login} `));
  return has(was) && !has(is) ? [`user ${login}, by which the platform logs in, would go`] : [];
}

function lostInterfaces(was: Sections, is: Sections): string[] {
  return [...was].flatMap(([header, body]) => {
    if (!header.startsWith('interface Management')) return [];
    const now = is.get(header) ?? [];
    if (body.some(isAddress) && !now.some(isAddress)) return [`${header} would lose its address`];
    return !isDown(body) && isDown(now) ? [`${header} would be shut down`] : [];
  });
}

function lostServices(was: Sections, is: Sections): string[] {
  const before = was.get('management ssh') ?? [];
  const after = is.get('management ssh') ?? [];
  return !isDown(before) && isDown(after) ? ['management ssh would be shut down'] : [];
}

function lostRoutes(was: Sections, is: Sections): string[] {
  const tables = (all: Sections): Set<string> =>
    new Set(
      [...all.keys()].flatMap((line) => /^(ip route(?: vrf \S+)?) 0\.0\.0\.0\/0 /.exec(line)?.[1] ?? []),
    );
  const now = tables(is);
  return [...tables(was)]
    .filter((table) => !now.has(table))
    .map((table) => `the default route (${table}) would go`);
}

function isAddress(line: string): boolean {
  return /^\s+ip(v6)? address /.test(line);
}

function isDown(body: readonly string[]): boolean {
  return body.some((line) => line.trim() === 'shutdown');
}
