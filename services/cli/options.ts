/** Options that commands share. A command takes those it needs: `options: { ...CLUSTER_OPTIONS, ...OUTPUT_OPTIONS }`. */
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import type { Options } from './command.ts';

/** Which cluster, and as whom: as kubectl calls them. */
export const CLUSTER_OPTIONS = {
  kubeconfig: { type: 'string', value: 'FILE', help: 'kubeconfig to use', complete: 'file' },
  context: { type: 'string', value: 'NAME', help: 'context of the kubeconfig to use', complete: 'context' },
  namespace: { type: 'string', short: 'n', value: 'NAME', help: 'namespace', complete: 'namespace' },
  as: { type: 'string', value: 'USER', help: 'act as another user (needs the right to impersonate)' },
  'request-timeout': { type: 'string', value: 'TIME', help: 'longest wait for an answer, such as 5s or 2m' },
  'as-group': { type: 'string', multiple: true, value: 'GROUP', help: 'act as a member of a group' },
} as const satisfies Options;

/** Where the platform keeps its Devices. */
export const PLATFORM_OPTIONS = {
  'platform-namespace': {
    type: 'string',
    value: 'NAME',
    help: `namespace of the platform (default ${PLATFORM_NAMESPACE}, or $NAAS_NAMESPACE)`,
  },
} as const satisfies Options;

export const FORMATS = ['table', 'wide', 'json', 'yaml'] as const;

export const OUTPUT_OPTIONS = {
  output: { type: 'string', short: 'o', value: 'FORMAT', choices: FORMATS, help: FORMATS.join(', ') },
  'no-headers': { type: 'boolean', help: 'tables without the line of headers' },
} as const satisfies Options;

/** Understood before and after the name of every command. */
export const HELP_OPTION = {
  help: { type: 'boolean', short: 'h', help: 'show this' },
} as const satisfies Options;
