/** Text of others on a person's terminal: names and messages come from requests, switches and servers. Pure. */

/** Line ends and tabs become spaces; what could steer a terminal, or turn the order of letters round, is shown as �. */
export function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what must go
  return text
    .replace(/[\t\n\r]+/g, ' ')
    .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\uFFFD');
}
