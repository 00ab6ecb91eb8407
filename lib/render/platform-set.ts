import { createHash } from 'node:crypto';
import type { PortName } from '../ports/port.ts';
import { findControl } from './clean.ts';
import type { ConfigMapLike, PlatformProblem } from './config-map.ts';
import { dialectOf } from './dialect.ts';
import { Host } from './jinja/entities.ts';
import { isDict } from './jinja/value.ts';
import type { Value } from './jinja/value.ts';
import { chooseModels } from './models.ts';
import type { PortModel } from './models.ts';
import { renderBase, renderPort } from './section.ts';
import type { RenderContext, SectionFailure } from './section.ts';
import type { Template } from './jinja/syntax.ts';
import { SAMPLES } from './samples.ts';
import { chooseTemplates, parseTemplates } from './templates.ts';
import { valueOf } from './value-of.ts';

export type { ConfigMapLike, PlatformProblem } from './config-map.ts';

/** What the renderer needs to know of a device; an `InventoryDevice` has it all. */
export interface RenderedDevice {
  name: string;
  hostname: string;
  platform: string;
  groups: readonly string[];
  ports: readonly PortName[];
  uplinks: readonly PortName[];
  reserved: readonly PortName[];
  unused: 'parked' | 'default';
  data: Readonly<Record<string, unknown>>;
}

/** The base section of a model, rendered once: it does not depend on the ledger. */
export interface BaseSection {
  model: string;
  order: number;
  result: { lines: readonly string[] } | SectionFailure;
}

/**
 * P: everything that the platform itself contributes to a device's configuration, checked and ready to render.
 * Its fields beside `digest` are for `candidate` only.
 */
export interface PlatformSet {
  /** `sha256:` of templates, base models, ports and inventory data; never of credentials. */
  readonly digest: string;
  readonly device: string;
  /** Ports that requests may hold, sorted. */
  readonly delegable: readonly PortName[];
  readonly unused: RenderedDevice['unused'];
  readonly base: readonly BaseSection[];
  readonly ports: PortModel;
  readonly portTemplate: Template;
  readonly context: RenderContext;
}

/**
 * Chooses, parses and tries the models and templates of a device.
 * @param models ConfigMaps that may be models; those of other devices and groups are passed over
 * @param templates ConfigMaps that may be templates; those of other platforms are passed over
 * @returns the set, or what the network team must put right
 */
export function platformSet(
  models: readonly ConfigMapLike[],
  templates: readonly ConfigMapLike[],
  device: RenderedDevice,
): PlatformSet | { problems: PlatformProblem[] } {
  const problems: PlatformProblem[] = [];
  const dialect = dialectOf(device.platform);
  if (dialect === undefined)
    return { problems: [{ message: `platform ${device.platform} cannot be rendered` }] };
  const { base, ports } = chooseModels(models, device, problems);
  const sources = chooseTemplates(templates, device.platform, problems);
  for (const model of [...base, ports]) {
    if (sources.has(model.template)) continue;
    problems.push({
      source: model.name,
      message: `there is no template ${JSON.stringify(model.template.slice(0, 80))}`,
    });
  }
  const portSource = sources.get(ports.template);
  if (portSource !== undefined && !portSource.perPort) {
    problems.push({
      template: ports.template,
      message: 'renders the ports and needs the annotation network.as.a.service/scope: port',
    });
  }
  const parsed = parseTemplates(
    [...base, ports].map(({ template }) => template),
    sources,
    problems,
  );
  const control = findControl(device.data);
  if (control !== undefined) {
    problems.push({ message: `inventory data ${control}: holds a line end or control character` });
  }
  const portTemplate = parsed.get(ports.template);
  if (problems.length > 0 || portTemplate === undefined) return { problems };

  const context: RenderContext = { load: (name) => parsed.get(name), host: hostOf(device), dialect };
  const held = new Set([...device.uplinks, ...device.reserved]);
  const delegable = device.ports.filter((port) => !held.has(port));
  const failed = tryPortTemplate(portTemplate, delegable[0] ?? '1', context);
  if (failed !== undefined) return { problems: [failed] };
  return {
    digest: digestOf(device, {
      base: base.map(({ name, order, template, text }) => ({ name, order, template, text })),
      ports,
      templates: [...parsed.keys()]
        .sort()
        .map((name) => [name, sources.get(name)?.source, sources.get(name)?.perPort]),
    }),
    device: device.name,
    delegable,
    unused: device.unused,
    base: base.map(({ name, order, template, data }) => {
      const found = parsed.get(template);
      const missing: SectionFailure = { message: 'the template is missing', template };
      return { model: name, order, result: found === undefined ? missing : renderBase(found, data, context) };
    }),
    ports,
    portTemplate,
    context,
  };
}

/**
 * A template that fails on ordinary requests is the platform's fault; without this the first tenant who met it
 * would be told that his request is bad.
 */
function tryPortTemplate(
  template: Template,
  port: PortName,
  context: RenderContext,
): PlatformProblem | undefined {
  for (const sample of SAMPLES) {
    const section = renderPort(template, port, sample, context);
    if (!('message' in section)) continue;
    const what = `${sample.trunk ? 'a trunk' : 'an access port'} (stp ${sample.stp}, shutdown ${sample.shutdown})`;
    return {
      ...section,
      template: section.template ?? template.name,
      message: `fails for ${what}: ${section.message}`,
    };
  }
  return undefined;
}

function hostOf(device: RenderedDevice): Value {
  const data = valueOf(device.data);
  const dict = isDict(data) ? data : new Map();
  return new Host(
    device.name,
    new Map<string, Value>([
      ['name', device.name],
      ['hostname', device.hostname],
      ['platform', device.platform],
      ['groups', device.groups],
      ['data', dict],
    ]),
    dict,
  );
}

function digestOf(device: RenderedDevice, contributed: unknown): string {
  // Fields are named one by one: what is secret in the inventory stays out (S-63).
  const { name, hostname, platform, groups, ports, uplinks, reserved, unused, data } = device;
  const all = {
    device: { name, hostname, platform, groups, ports, uplinks, reserved, unused, data },
    contributed,
  };
  return `sha256:${createHash('sha256').update(canonicalJson(all)).digest('hex')}`;
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`).join(',')}}`;
}
