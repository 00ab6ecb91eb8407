/** A leak, loaded into a service by `--import`: every request it answers stays in memory, with its response. */
import { subscribe } from 'node:diagnostics_channel';

const kept: unknown[] = [];
subscribe('http.server.request.start', (message) => void kept.push(message));
Object.assign(globalThis, { kept });
