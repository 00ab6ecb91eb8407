const LONGEST = 40;

/**
 * Text from outside as it may stand in a message: in quotes, cut, and with everything outside printable ASCII
 * escaped, so that it can neither break a line nor drive a terminal.
 */
export function quoted(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return JSON.stringify(cut).replace(/[^\x20-\x7e…]/g, escape);
}

function escape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
