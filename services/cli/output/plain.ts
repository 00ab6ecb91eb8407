/** Text of others on a person's terminal: names and messages come from requests, switches and servers. Pure. */

/** Line ends and tabs become spaces; every other control character, which could steer a terminal, is shown as �. */
export function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what must go
  return text.replace(/[\t\n\r]+/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '\uFFFD');
}
