import {
  APP,
  APP_LABEL,
  GROUP_LABEL,
  INVENTORY_HOSTS,
  INVENTORY_SECRET,
  MODEL_KEY,
  ORDER_ANNOTATION,
  PLATFORM_LABEL,
  PLATFORM_NAMESPACE,
  SCOPE_ANNOTATION,
  TEMPLATE_ANNOTATION,
  TYPE_LABEL,
} from '../../../crds/names.ts';
import type { Creatable, KubeObject } from '../../../lib/kube/types.ts';
import { REFUSED_WORD } from './switch.ts';

/** What the network team keeps: inventory, templates and a base model. Small, so that a history takes milliseconds. */
export const DEVICE_NAMES = ['d1', 'd2'] as const;
export type DeviceName = (typeof DEVICE_NAMES)[number];
export const PORT_NAMES = ['1', '2', '3'] as const;
export type Mode = 'enforce' | 'alert' | 'pause';

/** A port shows whose claim it is, so that what a switch shows can be told from outside. */
const PORT_TEMPLATE = `{% for port, data in model.items() %}
vlan {{ data.vlan }}
interface Ethernet{{ port }}
   description {{ data.annotations.uid }}@{{ data.annotations.generation }}
   switchport access vlan {{ data.vlan }}
{% endfor %}
`;
const BASE_TEMPLATE = `hostname {{ host.name }}
banner {{ model.banner }}
`;
export const BASE_MODEL = 'base';

type Written = Creatable<KubeObject> & { metadata: KubeObject['metadata'] };

function labelled(
  name: string,
  labels: Record<string, string>,
  annotations: Record<string, string>,
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: PLATFORM_NAMESPACE, labels: { [APP_LABEL]: APP, ...labels }, annotations },
  };
}

export function templateMaps(): Written[] {
  const template = { [TYPE_LABEL]: 'template', [PLATFORM_LABEL]: 'eos' };
  return [
    {
      ...labelled('eos-interface', template, { [SCOPE_ANNOTATION]: 'port' }),
      data: { 'interface.j2': PORT_TEMPLATE },
    } as Written,
    { ...labelled('eos-base', template, {}), data: { 'base.j2': BASE_TEMPLATE } } as Written,
  ];
}

/** @param variant 0 to begin with; 2 is one that no switch takes */
export function baseModel(variant: number): Written {
  const banner = variant === 2 ? REFUSED_WORD : `welcome-${variant}`;
  return {
    ...labelled(
      BASE_MODEL,
      { [TYPE_LABEL]: 'model', [GROUP_LABEL]: 'global' },
      { [ORDER_ANNOTATION]: '00', [TEMPLATE_ANNOTATION]: 'base.j2' },
    ),
    data: { [MODEL_KEY]: `banner: ${banner}\n` },
  } as Written;
}

/** @param modes of the devices that are in the inventory */
export function inventorySecret(modes: ReadonlyMap<string, Mode>): Written {
  const hosts = Object.fromEntries(
    [...modes].map(([name, mode]) => [
      name,
      {
        hostname: name,
        platform: 'eos',
        username: 'naas',
        password: 'secret',
        data: { naas: { ports: `1-${PORT_NAMES.length}`, adopt: true, mode } },
      },
    ]),
  );
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: INVENTORY_SECRET, namespace: PLATFORM_NAMESPACE },
    data: { [INVENTORY_HOSTS]: Buffer.from(JSON.stringify(hosts)).toString('base64') },
  } as Written;
}
