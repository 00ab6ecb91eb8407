/**
 * The API server's trust in an OIDC issuer, as structured authentication configuration
 * (apiserver.config.k8s.io/v1, stable since Kubernetes 1.34). The local platform and docs use the same text. Pure.
 */
import { stringify } from 'yaml';

/** Stands before every e-mail, so that no account of the provider can bear a name of the cluster's own. */
export const USERNAME_PREFIX = 'oidc:';

export interface IssuerTrust {
  readonly url: string;
  /** Clients whose tokens are taken. One besides the usual may be for device codes. */
  readonly audiences: readonly string[];
  /** PEM; absent: the system's certificate authorities. */
  readonly certificateAuthority?: string | undefined;
  /** Google Workspace domains (claim `hd`); absent: accounts of every domain. */
  readonly hostedDomains?: readonly string[] | undefined;
  /** Default {@link USERNAME_PREFIX}. Stands before groups, too. */
  readonly usernamePrefix?: string | undefined;
  /** Claim with a person's groups; absent: no groups. */
  readonly groupsClaim?: string | undefined;
}

/** YAML for `--authentication-config`: users are known by verified e-mail with a prefix, as a person at the issuer by `sub`. */
export function authenticationConfiguration(trust: IssuerTrust): string {
  const prefix = trust.usernamePrefix ?? USERNAME_PREFIX;
  const { certificateAuthority, groupsClaim } = trust;
  return stringify(
    {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AuthenticationConfiguration',
      jwt: [
        {
          issuer: {
            url: trust.url,
            audiences: trust.audiences,
            ...(trust.audiences.length > 1 && { audienceMatchPolicy: 'MatchAny' }),
            ...(certificateAuthority !== undefined && { certificateAuthority }),
          },
          claimValidationRules: validationRules(trust),
          claimMappings: {
            username: { expression: `${JSON.stringify(prefix)} + claims.email` },
            ...(groupsClaim !== undefined && { groups: { claim: groupsClaim, prefix } }),
            uid: { claim: 'sub' },
          },
          userValidationRules: [
            { expression: "!user.username.startsWith('system:')", message: 'system: names are reserved' },
            ...(groupsClaim === undefined
              ? []
              : [
                  {
                    expression: "user.groups.all(group, !group.startsWith('system:'))",
                    message: 'system: groups are reserved',
                  },
                ]),
          ],
        },
      ],
    },
    { lineWidth: 0 },
  );
}

/** A claim that is missing fails its rule: the API server refuses the token. */
function validationRules({
  audiences,
  hostedDomains,
}: IssuerTrust): { expression: string; message: string }[] {
  const rules = [
    { expression: 'claims.email_verified == true', message: 'the e-mail address must be verified' },
    {
      // A token that another client of the same issuer got for itself is none of ours.
      expression: `!has(claims.azp) || claims.azp in ${JSON.stringify(audiences)}`,
      message: 'the token must have been given to this client',
    },
  ];
  if (hostedDomains !== undefined && hostedDomains.length > 0)
    rules.push({
      expression: `claims.hd in ${JSON.stringify(hostedDomains)}`,
      message: 'the account must be of an allowed domain',
    });
  return rules;
}
