import { after } from 'node:test';
import { installApi } from '../../tools/controlplane/install.ts';
import { startControlPlane, type ControlPlane, type StartOptions } from '../../tools/controlplane/start.ts';

/**
 * A real API server with the platform's API for the tests of one file; call it once, at the top. It is stopped
 * after the last test.
 */
export async function apiServer(options: Omit<StartOptions, 'directory'> = {}): Promise<ControlPlane> {
  const controlPlane = await startControlPlane(options);
  after(() => controlPlane.stop());
  await installApi(controlPlane);
  return controlPlane;
}
