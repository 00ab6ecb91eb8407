import { parse, stringify } from 'yaml';

/** Who need not say who it is: probes of health only. */
const ANONYMOUS = {
  enabled: true,
  conditions: [{ path: '/livez' }, { path: '/readyz' }, { path: '/healthz' }],
};

/**
 * Text of the AuthenticationConfiguration: the given one, to which the rule for anonymous requests is
 * added unless it has its own.
 * @param text YAML; absent: service accounts and client certificates only
 */
export function authenticationText(text?: string): string {
  const given: unknown = text === undefined ? {} : parse(text);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new Error('authenticationConfiguration: must be a YAML object of kind AuthenticationConfiguration');
  }
  return stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    anonymous: ANONYMOUS,
    ...given,
  });
}
