/**
 * The API server's trust in the OIDC provider, as structured authentication configuration
 * (apiserver.config.k8s.io/v1, stable since Kubernetes 1.34).
 */
import { stringify } from 'yaml';

/** Stands before every e-mail, so that no account of the provider can bear a name of the cluster's own. */
export const USERNAME_PREFIX = 'oidc:';

export interface IssuerTrust {
  readonly url: string;
  readonly audience: string;
  /** PEM; absent: the system's certificate authorities. */
  readonly certificateAuthority?: string;
}

/**
 * YAML for `--authentication-config`: users are known by verified e-mail, prefixed with {@link USERNAME_PREFIX}.
 */
export function authenticationConfiguration(trust: IssuerTrust): string {
  return stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    jwt: [
      {
        issuer: {
          url: trust.url,
          audiences: [trust.audience],
          ...(trust.certificateAuthority === undefined
            ? {}
            : { certificateAuthority: trust.certificateAuthority }),
        },
        claimValidationRules: [
          { expression: 'claims.email_verified == true', message: 'the e-mail address must be verified' },
        ],
        claimMappings: {
          username: { expression: `"${USERNAME_PREFIX}" + claims.email` },
          uid: { claim: 'sub' },
        },
        userValidationRules: [
          { expression: "!user.username.startsWith('system:')", message: 'system: names are reserved' },
        ],
      },
    ],
  });
}
