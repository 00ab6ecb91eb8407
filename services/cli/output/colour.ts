/** Colour for people, never for programs. */
import type { Sink, World } from '../command.ts';

/** What a text says about the thing it names. */
export type Tone = 'good' | 'bad' | 'waiting';

const CODES: Readonly<Record<Tone, number>> = { good: 32, bad: 31, waiting: 33 };

/** Puts a text into colour, or leaves it as it is. */
export type Paint = (text: string, tone: Tone) => string;

/** Colour only where a person looks, and not where `NO_COLOR` (https://no-color.org) or a dumb terminal forbid it. */
export function paintFor(sink: Sink, environment: World['environment']): Paint {
  const forbidden = Boolean(environment['NO_COLOR']) || environment['TERM'] === 'dumb';
  if (!sink.isTerminal || forbidden) return (text) => text;
  return (text, tone) => `\u001b[${CODES[tone]}m${text}\u001b[0m`;
}
