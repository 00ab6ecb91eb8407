import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** What lies between one enforcer and its switch, and can be cut at any byte. */
export interface Wire {
  readonly port: number;
  /** Lets so many more bytes of the enforcer through, then cuts all connections. Resolves once that is done. */
  cutAfter(bytes: number): Promise<void>;
  /** Cuts all connections; what was sent still arrives. */
  cut(): void;
  /** Resolves once all that was sent has arrived. */
  close(): Promise<void>;
}

/** @param onChunk called with each piece the enforcer sends, before it goes on; false drops it and everything after */
export async function openWire(
  target: { address: string; port: number },
  onChunk: (index: number) => boolean = () => true,
): Promise<Wire> {
  const pairs = new Set<{ near: Socket; far: Socket }>();
  let budget: { left: number; done: () => void } | undefined;
  let chunks = 0;
  let deaf = false;

  function cut(): void {
    for (const { near, far } of pairs) {
      near.destroy();
      // Like the kernel of a process that died: what it had sent is delivered.
      far.destroySoon();
    }
    pairs.clear();
  }

  function forward(chunk: Buffer, far: Socket): void {
    chunks += 1;
    if (deaf || !onChunk(chunks - 1)) {
      deaf = true;
      return;
    }
    if (budget === undefined) {
      far.write(chunk);
      return;
    }
    const part = chunk.subarray(0, budget.left);
    budget.left -= part.length;
    if (part.length > 0) far.write(part);
    if (budget.left > 0) return;
    const { done } = budget;
    cut();
    done();
  }

  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: target.address, port: target.port, noDelay: true });
    const pair = { near, far };
    pairs.add(pair);
    near.on('data', (chunk: Buffer) => forward(chunk, far));
    far.on('data', (chunk: Buffer) => near.write(chunk));
    near.on('error', () => far.destroySoon());
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroySoon());
    far.on('close', () => {
      near.destroy();
      pairs.delete(pair);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  return {
    port: (server.address() as AddressInfo).port,
    cut,
    cutAfter: (bytes) =>
      new Promise((resolve) => {
        budget = { left: Math.max(1, bytes), done: resolve };
      }),
    async close() {
      const arrived = [...pairs].map(({ far }) => new Promise((resolve) => far.once('close', resolve)));
      cut();
      await Promise.all([...arrived, new Promise<void>((resolve) => server.close(() => resolve()))]);
    },
  };
}
