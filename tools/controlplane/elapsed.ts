const EVERY_MS = 5000;

/** Says what goes on at the start and every few seconds of it. */
export async function withElapsed<T>(
  onProgress: (line: string) => void,
  what: () => string,
  work: () => Promise<T>,
): Promise<T> {
  const started = performance.now();
  onProgress(what());
  const timer = setInterval(() => {
    onProgress(`${what()} … ${Math.round((performance.now() - started) / 1000)} s`);
  }, EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
