#!/usr/bin/env node
/** `kubectl naas`, also as `naas`. */
import type { Sink } from './command.ts';
import { EXIT } from './exit-code.ts';
import { programName } from './invocation.ts';
import { run } from './run.ts';

function sink(stream: NodeJS.WriteStream): Sink {
  return { write: (text) => void stream.write(text), isTerminal: stream.isTTY };
}

// Whoever reads us, such as `head`, may have seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed);
});

// Not awaited at the top: a single executable holds CommonJS.
void run(process.argv.slice(2), {
  program: programName(process.argv[1] ?? ''),
  environment: process.env,
  stdout: sink(process.stdout),
  stderr: sink(process.stderr),
  now: Date.now,
}).then((code) => {
  process.exitCode = code;
});
