import {
  APP,
  APP_LABEL,
  GROUP_LABEL,
  MODEL_KEY,
  ORDER_ANNOTATION,
  PLATFORM_LABEL,
  PLATFORM_NAMESPACE,
  SCOPE_ANNOTATION,
  TEMPLATE_ANNOTATION,
  TYPE_LABEL,
} from '../crds/names.ts';

export interface ConfigMap {
  apiVersion: 'v1';
  kind: 'ConfigMap';
  metadata: {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  };
  data: Record<string, string>;
}

/** Templates that are rendered once per port. */
const PER_PORT: readonly string[] = ['interface.j2'];
/** Where the models that come with the platform stand. */
const MODELS: { readonly [name: string]: { group: string; order: string; template: string } } = {
  generic: { group: 'global', order: '00', template: 'generic.j2' },
};

/**
 * The ConfigMaps of templates and base models as the platform installs them.
 * @param files text by path below `templates/`: `eos/interface.j2` is a template of platform eos,
 * `models/generic.yaml` a base model; other files are passed over
 */
export function configMaps(
  files: Readonly<Record<string, string>>,
  namespace: string = PLATFORM_NAMESPACE,
): ConfigMap[] {
  return Object.keys(files)
    .sort()
    .flatMap((path) => {
      const text = files[path] ?? '';
      const [folder = '', file = '', ...deeper] = path.split('/');
      if (deeper.length > 0) return [];
      if (file.endsWith('.j2')) return [templateMap(folder, file, text, namespace)];
      if (folder === 'models' && file.endsWith('.yaml'))
        return [modelMap(file.slice(0, -5), text, namespace)];
      return [];
    });
}

function templateMap(platform: string, file: string, text: string, namespace: string): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `${platform}-${file}`,
      namespace,
      labels: { [APP_LABEL]: APP, [TYPE_LABEL]: 'template', [PLATFORM_LABEL]: platform },
      annotations: PER_PORT.includes(file) ? { [SCOPE_ANNOTATION]: 'port' } : {},
    },
    data: { [file]: text },
  };
}

function modelMap(name: string, text: string, namespace: string): ConfigMap {
  const place = MODELS[name];
  if (place === undefined)
    throw new Error(`models/${name}.yaml: its group, order and template are not known`);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace,
      labels: { [APP_LABEL]: APP, [TYPE_LABEL]: 'model', [GROUP_LABEL]: place.group },
      annotations: { [ORDER_ANNOTATION]: place.order, [TEMPLATE_ANNOTATION]: place.template },
    },
    data: { [MODEL_KEY]: text },
  };
}
