import { LineCounter, isMap, isScalar, parseDocument } from 'yaml';

/** Where the value under these keys is written: ` (line 7)`, or nothing when it cannot be told. */
export type Place = (keys: readonly string[]) => string;

/** Places in a text that is in order as YAML. It is read anew when the first place is asked for: nothing is said of most. */
export function placesIn(text: string): Place {
  let read: { root: unknown; lines: LineCounter } | undefined;
  return (keys) => {
    if (read === undefined) {
      const lines = new LineCounter();
      const { contents } = parseDocument(text, { lineCounter: lines, logLevel: 'error' });
      read = { root: contents, lines };
    }
    let node = read.root;
    let offset: number | undefined;
    for (const wanted of keys) {
      // What came by a merge or an alias has its place elsewhere: that of the mapping it came into must do.
      const pair = isMap(node) ? node.items.find(({ key }) => nameOf(key) === wanted) : undefined;
      if (pair === undefined) break;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    }
    return offset === undefined ? '' : ` (line ${read.lines.linePos(offset).line})`;
  };
}

function nameOf(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}
