/** Pure reading of what an EOS terminal prints (reference: devices.md 1.1, 1.4 rule 11). */

export interface Prompt {
  /** Everything before mode and `#`: the host name as a rule, but never rely on it. */
  head: string;
  mode: 'user' | 'exec' | 'config' | 'session';
}

const PROMPT = /^([\w.\-@()/: ]{1,63}?)(\(config[^()]*\))?([>#])\s?$/;
// Colours, cursor movement, window titles.
// oxlint-disable-next-line no-control-regex -- they are what must go
const ANSI = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[@-Z\\^_=>])/g;

/** The prompt at the end of what the terminal printed; undefined while the switch is still printing. */
export function promptAt(lastLine: string): Prompt | undefined {
  const match = PROMPT.exec(lastLine);
  if (match === null) return undefined;
  const [, head = '', config, sign] = match;
  if (config?.startsWith('(config-s-')) return { head, mode: 'session' };
  if (config !== undefined) return { head, mode: 'config' };
  return { head, mode: sign === '>' ? 'user' : 'exec' };
}

/**
 * The part of a prompt that stays the same: digits vary with a clock in the prompt, and a chassis adds the
 * supervisor's slot.
 */
export function steadyHead(prompt: Prompt): string {
  return prompt.head.replace(/\(s\d\)$/, '').replace(/\d/g, '0');
}

/** Terminal bytes as lines: no colours, no backspaces, the last redraw of each line. */
export function plain(raw: string): string {
  return raw
    .replace(ANSI, '')
    .split('\n')
    .map((line) => rubOut(lastDraw(line)))
    .join('\n');
}

/**
 * What a command printed: echo (which may come twice when the switch lags, and after left-overs of the login)
 * and closing prompt taken away.
 * @returns undefined while the echo has not been seen
 */
export function replyTo(command: string, raw: string): string | undefined {
  const lines = plain(raw).split('\n');
  const echo = lines.findIndex((line) => isEcho(line, command));
  if (echo === -1) return undefined;
  let first = echo + 1;
  // Only a doubled echo with its prompt, or the bare words: a configuration line may equal neither.
  while (first < lines.length - 1 && isEcho(lines[first] ?? '', command)) first += 1;
  return lines.slice(first, -1).join('\n');
}

/** The prompt behind which a command was echoed, if it was echoed behind one. */
export function promptOfEcho(command: string, raw: string): Prompt | undefined {
  for (const line of plain(raw).split('\n')) {
    const text = line.trimEnd();
    if (!text.endsWith(command)) continue;
    const prompt = promptAt(text.slice(0, -command.length));
    if (prompt !== undefined) return prompt;
  }
  return undefined;
}

function isEcho(line: string, command: string): boolean {
  const text = line.trimEnd();
  if (text === command) return true;
  return text.endsWith(command) && promptAt(text.slice(0, -command.length)) !== undefined;
}

function lastDraw(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end -= 1;
  const start = line.lastIndexOf('\r', end - 1) + 1;
  return line.slice(end === 0 ? 0 : start, end);
}

function rubOut(line: string): string {
  if (!line.includes('\b')) return line;
  const kept: string[] = [];
  for (const character of line) {
    if (character === '\b') kept.pop();
    else kept.push(character);
  }
  return kept.join('');
}

/** Lines in which the switch refuses something. The rule of the only live-proven driver: every `% ` line. */
export function refusals(reply: string): string[] {
  return reply.split('\n').filter((line) => line.startsWith('% '));
}
