import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { apiRequest } from '../../tools/controlplane/api-request.ts';

/** What the API server answered: an object, or a Status with `message`, `reason`, `details`. */
export interface ApiAnswer {
  readonly status: number;
  // The tests look into objects of any kind.
  readonly body: ReturnType<typeof JSON.parse>;
}

/** One user's calls to the API server, as plain as they can be: what is sent is what the test says. */
export interface ApiCaller {
  (method: string, path: string, body?: unknown, contentType?: string): Promise<ApiAnswer>;
  close(): void;
}

/** @param kubeconfig path, made by the control plane */
export async function apiCaller(kubeconfig: string): Promise<ApiCaller> {
  const { clusters, users } = parse(await readFile(kubeconfig, 'utf8')) as {
    clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
    users: [{ user: { 'client-certificate-data': string; 'client-key-data': string } }];
  };
  const { cluster } = clusters[0];
  const { user } = users[0];
  const request = apiRequest(cluster.server, decode(cluster['certificate-authority-data']), {
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  });
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<ApiAnswer> => {
    const answer = await request({
      method,
      path,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(contentType === undefined ? {} : { contentType }),
    });
    return { status: answer.status, body: JSON.parse(answer.text) };
  };
  return Object.assign(call, { close: request.close });
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
