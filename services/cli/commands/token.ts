/**
 * `token`: the credential plugin that kubectl calls (client.authentication.k8s.io/v1). It runs at each call of kubectl:
 * with a stored login it loads nothing but this and what reads it; no OIDC library.
 */
import { command } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { browserProgram } from '../login/browser.ts';
import { readExecInfo } from '../login/exec-info.ts';
import { checkCluster, rememberCluster } from '../login/known-clusters.ts';
import { execCredential, loginFolder, readLogin, worth } from '../login/login-store.ts';
import { LOGIN_OPTIONS, loginSettings } from '../login/settings.ts';

export const token = command({
  parameters: [],
  options: LOGIN_OPTIONS,
  examples: [],
  async run({ values, environment, program, stdout, stderr }) {
    const settings = loginSettings(values, program);
    const folder = loginFolder(environment);
    const { cluster, interactive } = readExecInfo(environment['KUBERNETES_EXEC_INFO'], program);
    const known = checkCluster(folder, cluster, settings, program);
    let login = readLogin(folder, settings);
    if (login === undefined || worth(login, Date.now()) !== 'fresh') {
      const [{ obtainLogin }, { askingBy }] = await Promise.all([
        import('../login/obtain.ts'),
        import('../login/asking.ts'),
      ]);
      // A code must be read by somebody; a browser is seen wherever it opens. Completion wants neither.
      const somebody =
        !environment['NAAS_UNATTENDED'] &&
        (settings.deviceCode ? interactive : browserProgram(process.platform, environment) !== undefined);
      login = await obtainLogin({
        ...{ settings, folder, environment, program },
        asking: askingBy({ settings, environment, stderr }),
        ask: somebody ? 'if needed' : 'never',
      });
    }
    if (!known) rememberCluster(folder, cluster, settings);
    stdout.write(execCredential(login));
    return EXIT.ok;
  },
});
