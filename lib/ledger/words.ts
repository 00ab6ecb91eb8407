/** Longest texts that the CRD stores. */
export const MAX_CONDITION_MESSAGE = 2048;
export const MAX_DEVICE_MESSAGE = 512;
export const MAX_PORT_LIST = 8192;

/** Cuts a text to what its field may hold. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** "port 3" or "ports 3-5,7". */
export function portsInWords(list: string): string {
  return /[-,]/.test(list) ? `ports ${list}` : `port ${list}`;
}

/** Parts of a message, each once. */
export function sentence(parts: Iterable<string>): string {
  return [...new Set(parts)].filter((part) => part !== '').join('; ');
}

/** A text that begins a message. */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
