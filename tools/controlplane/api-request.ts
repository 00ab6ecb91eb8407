import { request, Agent } from 'node:https';
import type { KeyedCertificate } from './certificates.ts';

/** Calls the API server, or any of its kin that speaks JSON over TLS. */
export interface ApiRequest {
  (call: {
    method?: string;
    path: string;
    body?: string;
    contentType?: string;
    timeoutMs?: number;
  }): Promise<{
    status: number;
    text: string;
  }>;
  close(): void;
}

/** @param server URL without path */
export function apiRequest(server: string, caPem: string, credentials: KeyedCertificate): ApiRequest {
  const agent = new Agent({ ca: caPem, cert: credentials.cert, key: credentials.key, keepAlive: true });
  const call: ApiRequest = ({
    method = 'GET',
    path,
    body,
    contentType = 'application/json',
    timeoutMs = 10_000,
  }) =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        new URL(path, server),
        {
          method,
          agent,
          timeout: timeoutMs,
          headers: body === undefined ? {} : { 'content-type': contentType },
        },
        (incoming) => {
          incoming.setEncoding('utf8');
          let text = '';
          incoming.on('data', (chunk: string) => (text += chunk));
          incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
          incoming.once('error', reject);
        },
      );
      outgoing.once('timeout', () =>
        outgoing.destroy(new Error(`${server}${path}: no answer in ${timeoutMs} ms`)),
      );
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  call.close = () => agent.destroy();
  return call;
}
