/** Names that are part of the platform's API: group, annotations, labels, finalizers. */

export const GROUP = 'network.as.a.service';
export const VERSION = 'v1';
export const API_VERSION = `${GROUP}/${VERSION}`;

/** Namespace of the platform's own objects. */
export const PLATFORM_NAMESPACE = 'naas-system';

/** On an Interface: the defaults that were used when it was created, as JSON. */
export const DEFAULTS_ANNOTATION = `${GROUP}/defaults`;
/** On an Interface: "false" keeps `spec` as it was written. */
export const EXPAND_ANNOTATION = `${GROUP}/expand`;
/** On a Device: JSON `{uid: G}`, requests whose active claims were removed by the write at generation G. */
export const LEAVING_ANNOTATION = `${GROUP}/leaving`;
/** On a Device: "true" while its ledger is being rebuilt (ownership R10). */
export const REBUILDING_ANNOTATION = `${GROUP}/rebuilding`;
/** On a model: uid and generation of the Device it was made from (ownership R11). */
export const DEVICE_UID_ANNOTATION = `${GROUP}/device-uid`;
export const DEVICE_GENERATION_ANNOTATION = `${GROUP}/device-generation`;
/** On a template: "port" renders it once per port. */
export const SCOPE_ANNOTATION = `${GROUP}/scope`;
/** On a model: position in the configuration, and the template that renders it (names of the seed system). */
export const ORDER_ANNOTATION = 'order';
export const TEMPLATE_ANNOTATION = 'template';

/** Labels of models and templates (names of the seed system). */
export const APP_LABEL = 'app';
export const APP = 'naas';
export const TYPE_LABEL = 'type';
export const DEVICE_LABEL = 'device';
export const GROUP_LABEL = 'group';
export const PLATFORM_LABEL = 'platform';
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';

/** Keeps an Interface until every switch has confirmed that its settings are gone (ownership R5). */
export const RELEASE_FINALIZER = `${GROUP}/release`;
/** Keeps a Device until it is out of the inventory and empty (ownership R10). */
export const LEDGER_FINALIZER = `${GROUP}/ledger`;

/** ClusterRoles of a tenant's people (crds/tenant-role.yaml). */
export const EDITOR_ROLE = 'naas-tenant';
export const VIEWER_ROLE = 'naas-tenant-viewer';
/** ConfigMap in a tenant's namespace with what it may ask for and what it holds, and its key (YAML). */
export const LIMITS_CONFIGMAP = 'naas-limits';
export const LIMITS_KEY = 'limits.yaml';

/** Key of a model's data (name of the seed system). */
export const MODEL_KEY = 'structured-config';
/** ConfigMap with what everyone may know of the switches, and its key (docs/decisions/0001). */
export const CATALOG_CONFIGMAP = 'catalog';
export const CATALOG_KEY = 'catalog.json';
/** ConfigMap with the defaults that admins may change, its key, and the Secret with the inventory. */
export const DEFAULTS_CONFIGMAP = 'interface-defaults';
export const DEFAULTS_KEY = 'defaults.yaml';
export const INVENTORY_SECRET = 'inventory';
export const INVENTORY_HOSTS = 'hosts.yaml';
export const INVENTORY_GROUPS = 'groups.yaml';
export const INVENTORY_DEFAULTS = 'defaults.yaml';
