import type { Denial } from '../../crds/reasons.ts';
import { comparePorts } from '../ports/port.ts';
import type { PortName } from '../ports/port.ts';
import type { ResolvedRequest, Settings } from '../ports/resolve.ts';
import type { GrantBook } from './grant-book.ts';
import { isOverLimit } from './limit.ts';
import type { PortLimit } from './limit.ts';
import { ungranted } from './ungranted.ts';
import { limitWords, portWords, tenantWords, trunkWords, vlanWords } from './words.ts';

/** Something a request asks for that its tenant may not have. */
export interface GrantDenial {
  reason: Denial;
  message: string;
  /** Canonical name. */
  device?: string;
  /** The device as the tenant wrote it. */
  written?: string;
  port?: PortName;
}

/** What a request has already, and where it is asked for. */
export interface Asked {
  namespace: string;
  request: ResolvedRequest;
  /** Whether a namespace without Tenant gets nothing; else it gets everything that is free. */
  requireTenant: boolean;
  /** What the same request holds on a port. */
  held(device: string, port: PortName): Settings | undefined;
  /** How many ports the tenant would hold; asked only where there is a limit. */
  ports(): Pick<PortLimit, 'after' | 'added'>;
}

/** Everything of a request that its tenant is not granted: one denial per port at most, ports sorted, the limit last. */
export function grantDenials(book: GrantBook, asked: Asked): GrantDenial[] {
  const { namespace, request, requireTenant } = asked;
  const tenant = book.tenant(namespace);
  if (tenant === undefined) {
    return requireTenant ? [{ reason: 'TenantRequired', message: tenantWords(namespace) }] : [];
  }
  const denials = [...request.devices].flatMap(([device, { written, ports }]) =>
    [...ports]
      .sort(([a], [b]) => comparePorts(a, b))
      .flatMap(([port, settings]): GrantDenial[] => {
        const message = portDenial(book, asked, { device, written, port }, settings);
        return message === undefined ? [] : [{ ...message, device, written, port }];
      }),
  );
  if (tenant.maxPorts === undefined) return denials;
  const limit = { ...asked.ports(), max: tenant.maxPorts };
  if (!isOverLimit(limit)) return denials;
  return [...denials, { reason: 'PortLimitExceeded', message: limitWords(namespace, limit) }];
}

function portDenial(
  book: GrantBook,
  { namespace, held }: Asked,
  { device, written, port }: { device: string; written: string; port: PortName },
  settings: Settings,
): Pick<GrantDenial, 'reason' | 'message'> | undefined {
  const allowance = book.allowance(namespace, device);
  const granted = allowance.port(port);
  const found = ungranted(granted, settings, held(device, port));
  if (found === undefined) return undefined;
  const { reason } = found;
  const place = { tenant: namespace, written };
  if (reason === 'PortNotPermitted') return { reason, message: portWords(place, port, allowance) };
  if (reason === 'TrunkNotPermitted') return { reason, message: trunkWords(place, port, allowance) };
  const vlans = settings.trunk ? granted?.trunk : granted?.access;
  const contested = granted?.contested ?? [];
  return { reason, message: vlanWords(place, found.vlans, { contested }, vlans ?? []) };
}
