/** Which addresses a cluster uses: a /16 of its own that nothing on this machine routes to. */

export interface Addresses {
  /** Second byte of all addresses, which also tells apart interfaces of clusters on one machine. */
  readonly block: number;
  /** The machine's, as the nodes know it: API server and switches are there. */
  readonly host: string;
}

export interface NodeAddresses {
  readonly address: string;
  /** Range of its pods. */
  readonly pods: string;
}

const FIRST = 200;
const LAST = 249;

/** Bits of an IPv4 prefix such as `10.0.0.0/8`, as first and last address. */
function range(prefix: string): readonly [first: number, last: number] {
  const [address = '', length = '32'] = prefix.split('/');
  const value = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(value / size) * size;
  return [first, first + size - 1];
}

/**
 * Addresses of a new cluster.
 *
 * @param routes destinations that the machine's routing tables name, as `ip route` prints them
 * @throws Error if every block is routed somewhere.
 */
export function chooseAddresses(routes: readonly string[]): Addresses {
  const taken = routes.filter((route) => /^[\d.]+(\/\d+)?$/.test(route)).map(range);
  for (let block = FIRST; block <= LAST; block += 1) {
    const [first, last] = range(`10.${block}.0.0/16`);
    if (!taken.some(([from, to]) => from <= last && to >= first)) return { block, host: `10.${block}.0.1` };
  }
  throw new Error(`Every network from 10.${FIRST}.0.0/16 to 10.${LAST}.0.0/16 has a route: free one of them`);
}

/** @param number of the node, from 1 to 99 */
export function nodeAddresses({ block }: Addresses, number: number): NodeAddresses {
  return { address: `10.${block}.0.${100 + number}`, pods: `10.${block}.${number}.0/24` };
}

/** Everything that a cluster's traffic comes from. */
export const wholeBlock = ({ block }: Addresses): string => `10.${block}.0.0/16`;
