/** `setup api-server`: what the API server must be told to know people of an OIDC issuer. Prints; changes nothing. */
import { command } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { checkedIssuer, clientIdMissing } from '../login/settings.ts';
import { readNamedFile } from '../named-file.ts';
import { authenticationConfiguration, USERNAME_PREFIX } from '../setup/authentication-configuration.ts';

const DOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/;

export const setupApiServer = command({
  parameters: [],
  options: {
    issuer: { type: 'string', value: 'URL', help: 'OIDC provider, such as https://accounts.google.com' },
    'client-id': {
      type: 'string',
      multiple: true,
      value: 'ID',
      help: 'client whose tokens are taken; more than one if device codes have their own',
    },
    'hosted-domain': {
      type: 'string',
      multiple: true,
      value: 'DOMAIN',
      help: 'Google Workspace domain whose accounts may log in; without it: every Google account',
    },
    'username-prefix': {
      type: 'string',
      value: 'TEXT',
      help: `stands before names and groups; ${USERNAME_PREFIX} unless told`,
    },
    'groups-claim': {
      type: 'string',
      value: 'CLAIM',
      help: 'claim with the groups of a person; Google has none',
    },
    'issuer-ca': {
      type: 'string',
      value: 'FILE',
      help: 'certificate authority of the provider, PEM',
      complete: 'file',
    },
  },
  examples: [
    'setup api-server --issuer https://accounts.google.com --client-id ID --hosted-domain example.com',
    'setup api-server --issuer https://issuer.example.com --client-id naas --groups-claim groups',
  ],
  async run({ values, stdout, stderr, program }) {
    const called = `${program} setup api-server`;
    const next = `${called} --help`;
    const issuer = checkedIssuer(values.issuer, next);
    const { 'client-id': audiences = [], 'issuer-ca': ca } = values;
    if (audiences.length === 0) throw clientIdMissing(next);
    const prefix = values['username-prefix'];
    if (prefix === '' || prefix?.startsWith('system:') === true)
      throw new Failure(`--username-prefix "${prefix}" would let accounts bear names of the cluster's own`, {
        next,
      });
    for (const domain of values['hosted-domain'] ?? [])
      if (!DOMAIN.test(domain))
        throw new Failure(`--hosted-domain "${domain}" is no domain, such as example.com`, { next });
    const certificateAuthority =
      ca === undefined
        ? undefined
        : await readNamedFile({ what: '--issuer-ca', file: ca, next: `${called} --issuer-ca FILE` });
    stdout.write(
      authenticationConfiguration({
        url: issuer,
        audiences,
        certificateAuthority,
        hostedDomains: values['hosted-domain'],
        usernamePrefix: prefix,
        groupsClaim: values['groups-claim'],
      }),
    );
    stderr.write(
      `Give this file to kube-apiserver by --authentication-config. People then log in by:\n` +
        `  ${program} login --issuer ${issuer} --client-id ${audiences[0]}\n`,
    );
    return EXIT.ok;
  },
});
