/**
 * Lets keys of one line be worked on one at a time. Who comes while another is at work goes away, and is called when its
 * turn has come: a worker that waited for it would be missing to everybody else. It only keeps an order; what must hold
 * with any number of leaders, holds by conditional writes (R7).
 */
export interface Lines {
  /** Whether it is the key's turn, until it leaves. Else it is called later. */
  enter(line: string, key: string): boolean;
  /** The turn of the key, if it has it, passes to the next. To be called after all work on a key, whatever came of it. */
  leave(line: string, key: string): void;
}

/** @param call lets the key be worked on: its turn has come, and passes on only when it leaves */
export function lines(call: (key: string) => void): Lines {
  /** By line: whose turn it is, and who waits, in the order of coming. */
  const open = new Map<string, { turn: string; waiting: Set<string> }>();
  return {
    enter(name, key) {
      const line = open.get(name);
      if (line === undefined) open.set(name, { turn: key, waiting: new Set() });
      else if (line.turn !== key) line.waiting.add(key);
      return line === undefined || line.turn === key;
    },
    leave(name, key) {
      const line = open.get(name);
      if (line?.turn !== key) return;
      const [next] = line.waiting;
      if (next === undefined) {
        open.delete(name);
        return;
      }
      line.waiting.delete(next);
      line.turn = next;
      call(next);
    },
  };
}
