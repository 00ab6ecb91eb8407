/**
 * Gathers what is said in one turn of the event loop into one write: a write to a pipe is a system call for which the
 * whole slice waits, and a push says fifteen lines.
 * @param write takes the text at once
 * @returns `say`; and `flush`, to be called before the process ends
 */
export function gathered(write: (text: string) => void): { say(text: string): void; flush(): void } {
  let text = '';
  let planned = false;
  const flush = (): void => {
    planned = false;
    if (text === '') return;
    const all = text;
    text = '';
    write(all);
  };
  return {
    say(more) {
      text += more;
      if (planned) return;
      planned = true;
      setImmediate(flush);
    },
    flush,
  };
}
