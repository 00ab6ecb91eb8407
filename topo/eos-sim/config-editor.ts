import { matchPattern, words } from './command-pattern.ts';
import type { Match, Word } from './command-pattern.ts';
import { emptyBlock } from './config-tree.ts';
import type { Block, ConfigNode } from './config-tree.ts';
import type { Hardware, Mode, Opened, Refusal, Setting, Submode } from './grammar.ts';
import { ROOT_MODE } from './root-mode.ts';

/** `error` is what EOS prints after `% `, without a line number. */
export type Feedback =
  { readonly ok: true; readonly output?: string } | { readonly ok: false; readonly error: string };

interface Frame {
  readonly mode: Mode;
  /** More than one in range mode: every line goes to each. */
  readonly blocks: readonly Block[];
  readonly label: string;
  /** The first `!!` of a visit replaces the block's comments. */
  commented: boolean;
}

interface Heredoc {
  readonly lines: string[];
  bytes: number;
  readonly done: (lines: readonly string[]) => void;
}

type Negation = 'no' | 'default' | undefined;
type Command =
  { kind: 'setting'; rule: Setting; match: Match } | { kind: 'submode'; rule: Submode; match: Match };

/** A banner may not fill the switch's memory. */
const LARGEST_TEXT = 64 * 1024;
const DONE: Feedback = { ok: true };

function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refusal' in value;
}

/** Applies lines to a configuration, the way EOS's parser does: indentation means nothing (devices.md 1.5). */
export class ConfigEditor {
  readonly #root: Block;
  readonly #hardware: Hardware;
  readonly #refuse: (line: string) => boolean;
  #frames: Frame[];
  #heredoc: Heredoc | undefined;

  /**
   * @param root is changed in place
   * @param refuse lines to reject although they are good (a fault)
   */
  constructor(root: Block, hardware: Hardware, refuse: (line: string) => boolean = () => false) {
    this.#root = root;
    this.#hardware = hardware;
    this.#refuse = refuse;
    this.#frames = [this.#rootFrame()];
  }

  #rootFrame(): Frame {
    return { mode: ROOT_MODE, blocks: [this.#root], label: '', commented: false };
  }

  /** `if-Et1` for the prompt; empty in configuration mode itself. */
  get label(): string {
    return this.#frames.at(-1)?.label ?? '';
  }

  /** Lines are being collected up to `EOF`; no prompt is shown. */
  get collecting(): boolean {
    return this.#heredoc !== undefined;
  }

  /** Leaves one mode. @returns false in configuration mode itself */
  exit(): boolean {
    if (this.#frames.length === 1) return false;
    this.#frames.pop();
    return true;
  }

  /** Back to configuration mode itself, a half-typed banner thrown away. */
  reset(): void {
    this.#heredoc = undefined;
    this.#frames = [this.#rootFrame()];
  }

  /** One line as typed or loaded. */
  feed(raw: string): Feedback {
    if (this.#heredoc !== undefined) return this.#collect(this.#heredoc, raw);
    const line = raw.trim();
    if (line === '') return DONE;
    if (line.startsWith('!')) return this.#comment(line);
    if (this.#refuse(line)) return { ok: false, error: 'Invalid input' };
    const typed = words(line);
    if (typed.length === 1 && line === 'comment') return this.#startComment();

    const negation = negationOf(typed);
    const body = negation === undefined ? line : line.slice(negation.length).trimStart();
    const bodyWords = negation === undefined ? typed : words(body);
    if (bodyWords.length === 0) return { ok: false, error: 'Incomplete command' };

    // "Try the current mode, then its parents": so an unindented or misplaced line lands wherever it fits.
    let failure: Feedback = { ok: false, error: 'Invalid input' };
    for (let depth = this.#frames.length - 1; depth >= 0; depth--) {
      const frame = this.#frames[depth];
      if (frame === undefined) break;
      const found = find(frame.mode, body, bodyWords, negation);
      if (found === undefined) continue;
      if ('ok' in found) {
        if (failure.error === 'Invalid input') failure = found;
        continue;
      }
      const feedback = this.#apply(frame, depth, found, negation);
      if (feedback.ok) return feedback;
      failure = feedback;
      break;
    }
    return failure;
  }

  #collect(heredoc: Heredoc, raw: string): Feedback {
    if (raw.trim() === 'EOF') {
      this.#heredoc = undefined;
      heredoc.done(heredoc.lines);
      return DONE;
    }
    heredoc.bytes += raw.length + 1;
    if (heredoc.bytes > LARGEST_TEXT) {
      this.#heredoc = undefined;
      return { ok: false, error: 'Text is too long' };
    }
    heredoc.lines.push(raw);
    return DONE;
  }

  /** A bare `!` or `! text` is a comment and leaves no mode; `!!` is kept with the mode (devices.md 1.1). */
  #comment(line: string): Feedback {
    const frame = this.#frames.at(-1);
    if (!line.startsWith('!!') || frame === undefined || this.#frames.length === 1) return DONE;
    for (const block of frame.blocks) {
      if (!frame.commented) block.comments = [];
      block.comments.push(line.slice(2).trim());
    }
    frame.commented = true;
    return DONE;
  }

  #startComment(): Feedback {
    const frame = this.#frames.at(-1);
    const done = (lines: readonly string[]) => {
      for (const block of frame?.blocks ?? []) block.comments = [...lines];
    };
    this.#heredoc = { lines: [], bytes: 0, done };
    return { ok: true, output: ENTER_TEXT };
  }

  #apply(frame: Frame, depth: number, command: Command, negation: Negation): Feedback {
    if (command.kind === 'submode')
      return this.#applySubmode(frame, depth, command.rule, command.match, negation);
    const { rule, match } = command;
    if (rule.heredoc === true && negation === undefined) {
      this.#frames.length = depth + 1;
      return this.#startText(frame, rule, match);
    }
    for (const block of frame.blocks) {
      const refusal = applySetting(block, rule, match, negation);
      if (refusal !== undefined) return { ok: false, error: refusal.refusal };
    }
    this.#frames.length = depth + 1;
    return DONE;
  }

  #startText(frame: Frame, rule: Setting, match: Match): Feedback {
    const text = match.parts.join(' ');
    const done = (lines: readonly string[]) => {
      const node: ConfigNode = { text, position: [rule.rank, text], verbatim: [...lines, 'EOF'] };
      for (const block of frame.blocks) block.nodes.set(text, node);
    };
    this.#heredoc = { lines: [], bytes: 0, done };
    return { ok: true, output: ENTER_TEXT };
  }

  #applySubmode(frame: Frame, depth: number, rule: Submode, match: Match, negation: Negation): Feedback {
    const opened = rule.open(match, this.#hardware);
    if (isRefusal(opened)) return { ok: false, error: opened.refusal };
    this.#frames.length = depth + 1;
    if (negation !== undefined) {
      for (const block of frame.blocks) {
        for (const each of opened.blocks) removeBlock(block, rule, each);
      }
      return DONE;
    }
    const blocks = frame.blocks.flatMap((block) => opened.blocks.map((each) => openBlock(block, each)));
    this.#frames.push({ mode: opened.mode ?? rule.mode, blocks, label: opened.label, commented: false });
    return DONE;
  }
}

const ENTER_TEXT = "Enter TEXT message. Type 'EOF' on its own line to end.";

function negationOf(typed: readonly Word[]): Negation {
  const first = typed[0]?.text.toLowerCase();
  return first === 'no' || first === 'default' ? first : undefined;
}

/** The best rule of a mode for a line, or why none fits. */
function find(
  mode: Mode,
  line: string,
  typed: readonly Word[],
  negation: Negation,
): Command | (Feedback & { ok: false }) | undefined {
  const commands: Command[] = [];
  let incomplete = false;
  for (const rule of mode.settings) {
    const outcome = matchPattern(rule.pattern, line, typed, negation === undefined ? undefined : rule.key);
    if (outcome === undefined) continue;
    if ('incomplete' in outcome) incomplete = true;
    else commands.push({ kind: 'setting', rule, match: outcome.match });
  }
  for (const rule of mode.submodes) {
    const outcome = matchPattern(rule.pattern, line, typed, negation === undefined ? undefined : rule.key);
    if (outcome === undefined) continue;
    if ('incomplete' in outcome) incomplete = true;
    else commands.push({ kind: 'submode', rule, match: outcome.match });
  }
  if (commands.length === 0) return incomplete ? { ok: false, error: 'Incomplete command' } : undefined;
  return chooseExact(commands);
}

function chooseExact(commands: readonly Command[]): Command | (Feedback & { ok: false }) {
  const best = Math.max(...commands.map(({ match }) => match.exact));
  const [first, ...others] = commands.filter(({ match }) => match.exact === best);
  if (first === undefined) return { ok: false, error: 'Invalid input' };
  const same = (other: Command) => other.match.parts.join(' ') === first.match.parts.join(' ');
  return others.every(same) ? first : { ok: false, error: 'Ambiguous command' };
}

function applySetting(block: Block, rule: Setting, match: Match, negation: Negation): Refusal | undefined {
  const identity = rule.as ?? match.parts.slice(0, rule.key).join(' ');
  const store = (text: string) => {
    block.nodes.set(identity, { text, position: [rule.rank, text.replace(/^no /, '')] });
  };
  const reset = () => {
    if (rule.initial === undefined) block.nodes.delete(identity);
    else store(rule.initial);
  };
  if (negation === 'default') {
    reset();
    return undefined;
  }
  if (negation === 'no') {
    if (rule.storesNo === true) store(`no ${identity}`);
    else reset();
    if (rule.as === undefined && rule.initial === undefined && rule.storesNo !== true)
      removeBelow(block, identity);
    return undefined;
  }
  const text =
    rule.text === undefined ? match.parts.join(' ') : rule.text(match, block.nodes.get(identity)?.text);
  if (isRefusal(text)) return text;
  if (text === undefined || rule.defaults?.includes(text) === true) block.nodes.delete(identity);
  else store(text);
  return undefined;
}

/** `no ip access-group` takes away every statement that begins so. */
function removeBelow(block: Block, identity: string): void {
  for (const key of block.nodes.keys()) {
    if (key === identity || key.startsWith(`${identity} `)) block.nodes.delete(key);
  }
}

function openBlock(parent: Block, opened: Opened): Block {
  const known = parent.nodes.get(opened.key)?.block;
  if (known !== undefined) return known;
  const block = emptyBlock();
  parent.nodes.set(opened.key, { text: opened.text, position: opened.position, block });
  return block;
}

function removeBlock(parent: Block, rule: Submode, opened: Opened): void {
  if (rule.permanent?.(opened) === true) {
    parent.nodes.set(opened.key, { text: opened.text, position: opened.position, block: emptyBlock() });
  } else {
    parent.nodes.delete(opened.key);
  }
}
