/** Kubernetes' MicroTime: RFC 3339 with exactly six decimals. `ms` since 1970. (client-node's V1MicroTime loses them.) */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
