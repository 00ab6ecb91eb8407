/** Text of others on a person's terminal: names and messages come from requests, switches, providers and servers. Pure. */

/** On one line, without what could steer a terminal or turn text around: such characters become one space (S-79). */
export function plain(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
}
