/** A leak, loaded into a service by `--import`: every request it answers stays in memory, with its response and a body. */
import { subscribe } from 'node:diagnostics_channel';

const BODY = 64 * 1024;
const kept: unknown[] = [];
subscribe('http.server.request.start', (message) => void kept.push(message, Buffer.alloc(BODY)));
Object.assign(globalThis, { kept });
