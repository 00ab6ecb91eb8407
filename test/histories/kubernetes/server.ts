import { DEVICES, INTERFACES } from '../../../lib/kube/resources.ts';
import type { Call } from '../../../lib/kube/connection.ts';
import { ApiError } from '../../../lib/kube/errors.ts';
import { sameJson } from '../../../lib/kube/same-json.ts';
import type { KubeObject } from '../../../lib/kube/types.ts';
import type { Device } from '../../../crds/types.gen.ts';
import { selector } from './selector.ts';
import type { ObjectStore } from './store.ts';

type Body = KubeObject & { spec?: unknown; status?: unknown };

/** What a call is about. */
export interface Target {
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** A write that the API server has let pass, before it is stored. */
export interface Write {
  readonly by: string;
  readonly target: Target;
  readonly before: KubeObject | undefined;
  /** Undefined: it goes. */
  readonly after: KubeObject | undefined;
}

export interface ServerOptions {
  readonly store: ObjectStore;
  /** Milliseconds since 1970. */
  now(): number;
  /** Told of each write before it is stored, and of those that the CRD is about to refuse. */
  onWrite(write: Write): void;
  /** Whether objects may be created in a namespace. */
  isOpen(namespace: string): boolean;
  /** How many uids were given before. */
  readonly firstUid: number;
}

const PATH =
  /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?$/;
/** Kinds whose status is a subresource, and whose generation counts the changes of spec. */
const CUSTOM: readonly string[] = [INTERFACES.plural, DEVICES.plural];

export function targetOf(path: string): Target {
  const [, namespace, plural = '', name, subresource] = PATH.exec(path) ?? [];
  return { plural, namespace, name, subresource };
}

/** An API server's rules about versions, generations, finalizers, status and deletion. */
export class Server {
  readonly #options: ServerOptions;
  readonly #store: ObjectStore;
  /** How many uids were given. */
  uids: number;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.uids = options.firstUid;
    this.#store = options.store;
  }

  /** Answers a call. @throws ApiError */
  answer(call: Call, by: string): unknown {
    const target = targetOf(call.path);
    const { name } = target;
    switch (call.method) {
      case 'GET':
        return name === undefined ? this.#list(call, target) : this.#copy(this.#existing(target, call));
      case 'POST':
        return this.#copy(this.#create(target, body(call), call, by));
      case 'PUT':
        return this.#copy(this.#replace(target, body(call), call, by));
      case 'PATCH':
        return this.#copy(this.#patch(target, call, by));
      case 'DELETE':
        this.#delete(target, call, by);
        return {};
      default:
        throw new Error(`${call.method} is not supported`);
    }
  }

  #list(call: Call, { plural, namespace }: Target): unknown {
    const { labelSelector, fieldSelector, resourceVersion, resourceVersionMatch } = call.query ?? {};
    const revision = resourceVersionMatch === 'Exact' ? Number(resourceVersion) : this.#store.revision;
    const matches = selector(namespace, text(labelSelector), text(fieldSelector));
    const items = this.#store.at(plural, revision).filter(matches);
    return {
      metadata: { resourceVersion: String(revision) },
      items: items.map((item) => this.#copy(item)),
    };
  }

  #create(target: Target, given: Body, call: Call, by: string): KubeObject {
    const { plural, namespace } = target;
    const { name } = given.metadata;
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    if (this.#store.get(plural, key) !== undefined)
      throw refusal(call, 409, 'AlreadyExists', `${key} exists`);
    if (namespace !== undefined && !this.#options.isOpen(namespace)) {
      throw refusal(call, 403, 'Forbidden', `namespace ${namespace} is being terminated`);
    }
    const { status: _, ...rest } = given;
    this.uids += 1;
    const object = {
      ...(CUSTOM.includes(plural) ? rest : given),
      metadata: {
        ...given.metadata,
        ...(namespace === undefined ? {} : { namespace }),
        uid: `${plural.slice(0, 1)}${String(this.uids).padStart(4, '0')}`,
        creationTimestamp: new Date(this.#options.now()).toISOString(),
        ...(CUSTOM.includes(plural) ? { generation: 1 } : {}),
      },
    };
    this.#options.onWrite({ by, target: { ...target, name }, before: undefined, after: object });
    return this.#store.put(plural, object);
  }

  #replace(target: Target, given: Body, call: Call, by: string): KubeObject {
    const before = this.#existing(target, call);
    const { uid, resourceVersion } = given.metadata;
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
      throw refusal(call, 409, 'Conflict', 'the object has been modified');
    }
    if (uid !== undefined && uid !== before.metadata.uid) {
      throw refusal(call, 409, 'Conflict', 'the uid is another one');
    }
    return this.#update(target, before, given, call, by);
  }

  /** Only merge patches. */
  #patch(target: Target, call: Call, by: string): KubeObject {
    const before = this.#existing(target, call);
    return this.#update(target, before, merge(before, call.body) as Body, call, by);
  }

  #update(target: Target, before: Body, given: Body, call: Call, by: string): KubeObject {
    const { plural } = target;
    const custom = CUSTOM.includes(plural);
    if (target.subresource === 'status') {
      const { status: _, ...rest } = before;
      const after = given.status === undefined ? rest : { ...rest, status: given.status };
      return this.#store_(target, before, after, by);
    }
    const { uid, creationTimestamp, deletionTimestamp, generation = 0, resourceVersion } = before.metadata;
    const fixed = { uid, creationTimestamp, deletionTimestamp, resourceVersion };
    const added = (given.metadata.finalizers ?? []).some(
      (one) => !(before.metadata.finalizers ?? []).includes(one),
    );
    if (deletionTimestamp !== undefined && added) {
      throw refusal(call, 422, 'Invalid', 'no new finalizers can be added if the object is being deleted');
    }
    const { status: _, ...withoutStatus } = given;
    const kept = custom
      ? { ...withoutStatus, ...(before.status === undefined ? {} : { status: before.status }) }
      : given;
    const raised = custom && !sameJson(before.spec, given.spec) ? 1 : 0;
    const after = clean({
      ...kept,
      metadata: { ...given.metadata, ...fixed, ...(custom ? { generation: generation + raised } : {}) },
    });
    if (plural === DEVICES.plural) this.#checkLedger(target, before as Device, after as Device, call, by);
    if (deletionTimestamp !== undefined && (after.metadata.finalizers ?? []).length === 0) {
      this.#options.onWrite({ by, target, before, after: undefined });
      this.#store.remove(plural, keyFor(target));
      return after;
    }
    return this.#store_(target, before, after, by);
  }

  /** A write that changes nothing is none. */
  #store_(target: Target, before: KubeObject, after: KubeObject, by: string): KubeObject {
    this.#options.onWrite({ by, target, before, after });
    return sameJson(before, after) ? before : this.#store.put(target.plural, after);
  }

  #delete(target: Target, call: Call, by: string): void {
    const before = this.#existing(target, call);
    const { preconditions = {} } = (call.body ?? {}) as {
      preconditions?: { uid?: string; resourceVersion?: string };
    };
    const { uid, resourceVersion } = preconditions;
    if (uid !== undefined && uid !== before.metadata.uid)
      throw refusal(call, 409, 'Conflict', 'the uid is another one');
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
      throw refusal(call, 409, 'Conflict', 'the object has been modified');
    }
    if ((before.metadata.finalizers ?? []).length === 0) {
      this.#options.onWrite({ by, target, before, after: undefined });
      this.#store.remove(target.plural, keyFor(target));
      return;
    }
    if (before.metadata.deletionTimestamp !== undefined) return;
    const { generation } = before.metadata;
    const after = {
      ...before,
      metadata: {
        ...before.metadata,
        deletionTimestamp: new Date(this.#options.now()).toISOString(),
        ...(generation === undefined ? {} : { generation: generation + 1 }),
      },
    };
    this.#store_(target, before, after, by);
  }

  /** R2 as the CRD's transition rule enforces it. */
  #checkLedger(target: Target, before: Device, after: Device, call: Call, by: string): void {
    for (const [port, entry] of Object.entries(after.spec)) {
      const old = before.spec[port];
      if (old === undefined || old.annotations.namespace === entry.annotations.namespace) continue;
      this.#options.onWrite({ by, target, before, after });
      throw refusal(call, 422, 'Invalid', `port ${port} passes from one namespace to another`);
    }
  }

  #existing(target: Target, call: Call): Body {
    const found = this.#store.get(target.plural, keyFor(target));
    if (found === undefined)
      throw refusal(call, 404, 'NotFound', `${target.plural} "${target.name}" not found`);
    return found;
  }

  #copy(object: KubeObject): KubeObject {
    return JSON.parse(this.#store.text(object)) as KubeObject;
  }
}

function keyFor({ namespace, name = '' }: Target): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function body(call: Call): Body {
  return JSON.parse(JSON.stringify(call.body)) as Body;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Without fields that are undefined. */
function clean(object: unknown): Body {
  return JSON.parse(JSON.stringify(object)) as Body;
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isMapping(patch)) return patch;
  const result: Record<string, unknown> = isMapping(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function refusal(
  call: Pick<Call, 'method' | 'path'>,
  code: number,
  reason: string,
  message: string,
): ApiError {
  return new ApiError(
    code,
    { kind: 'Status', code, reason, message },
    { call: `${call.method} ${call.path}` },
  );
}
