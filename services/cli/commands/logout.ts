/** `logout`: the provider takes the refresh token back, and this machine forgets the login. */
import { command } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { viewKubeconfig } from '../login/kubeconfig-edit.ts';
import { kubeconfigPath, readKubeconfig } from '../login/kubeconfig-file.ts';
import { loginFolder, readLogin, removeLogin } from '../login/login-store.ts';
import { chooseCluster, withEarlier } from '../login/login-target.ts';
import { revoke } from '../login/revoke.ts';
import { LOGIN_OPTIONS, loginSettings } from '../login/settings.ts';

const { issuer, 'client-id': clientId, account, scope } = LOGIN_OPTIONS;

export const logout = command({
  parameters: [],
  options: {
    kubeconfig: { type: 'string', value: 'FILE', help: 'kubeconfig to read', complete: 'file' },
    context: { type: 'string', value: 'NAME', help: 'log out the user of this context', complete: 'context' },
    ...{ issuer, 'client-id': clientId, account, scope, 'issuer-ca': LOGIN_OPTIONS['issuer-ca'] },
    'client-secret-file': LOGIN_OPTIONS['client-secret-file'],
  },
  examples: ['logout', 'logout --context NAME'],
  async run({ values, environment, program, stderr }) {
    const file = kubeconfigPath(values.kubeconfig, environment);
    const view = viewKubeconfig(readKubeconfig(file), file);
    const given = values.issuer !== undefined && values['client-id'] !== undefined;
    const cluster = given ? undefined : chooseCluster(view, { context: values.context }, program).entry;
    const settings = loginSettings(
      cluster === undefined ? values : withEarlier(view, cluster.name, values.context, values),
      program,
    );
    const folder = loginFolder(environment);
    const stored = readLogin(folder, settings);
    if (stored === undefined) {
      removeLogin(folder, settings);
      stderr.write('You were not logged in.\n');
      return EXIT.ok;
    }
    let failure: Failure | undefined;
    try {
      await revoke(stored, settings, environment, program);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure = error;
    }
    // Forgotten in any case; that the provider has not heard of it is told.
    removeLogin(folder, settings);
    if (failure !== undefined) {
      throw new Failure(`This machine has forgotten the login, but ${failure.message}`, {
        next: `end the session at ${settings.issuer} yourself; log in again by ${program} login`,
        cause: failure,
      });
    }
    stderr.write(
      `Logged out ${stored.email ?? stored.subject}. What kubectl holds in memory is good until ${new Date(stored.expires).toISOString()} at most.\n`,
    );
    return EXIT.ok;
  },
});
