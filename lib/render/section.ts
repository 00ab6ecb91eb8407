import type { PortName } from '../ports/port.ts';
import type { Settings } from '../ports/settings.ts';
import { parseVlanList } from '../ports/vlan.ts';
import { hasControl } from './clean.ts';
import { contain } from './containment.ts';
import type { Dialect } from './dialect.ts';
import { Interpreter } from './jinja/interpreter.ts';
import type { Template } from './jinja/syntax.ts';
import { TemplateError } from './jinja/template-error.ts';
import type { Value } from './jinja/value.ts';
import { valueOf } from './value-of.ts';

/** Steps a port's section may take; the platform's own takes about a hundred. */
const PORT_STEPS = 50_000;
const DESCRIPTION = /^[A-Za-z0-9](?:[A-Za-z0-9 ._:/,()+=@#-]*[A-Za-z0-9.)])?$/;

/** What stands on a port: the fields that a template sees. `timestamp` is none of them: it changes nothing. */
export interface ShownClaim extends Settings {
  namespace: string;
  owner: string;
  uid: string;
  generation: number;
}

/** What a section is rendered with. */
export interface RenderContext {
  load: (name: string) => Template | undefined;
  host: Value;
  dialect: Dialect;
}

export interface SectionFailure {
  message: string;
  template?: string;
  /** From 1. */
  line?: number;
}

/** A port's section: its VLANs, and the lines from `interface` on. */
export type PortSection = { vlans: readonly number[]; lines: readonly string[] } | SectionFailure;

export function renderPort(
  template: Template,
  port: PortName,
  claim: ShownClaim,
  context: RenderContext,
): PortSection {
  const vlans = vlansOf(claim);
  if ('message' in vlans) return vlans;
  const unclean = checkClaim(claim);
  if (unclean !== undefined) return { message: unclean };
  const { namespace, owner, uid, generation, vlan, trunk, shutdown, stp, description, nativeVlan } = claim;
  const model = {
    [port]: {
      vlan,
      trunk,
      shutdown,
      stp,
      ...(claim.vlans === undefined ? {} : { vlans: claim.vlans }),
      ...(nativeVlan === undefined ? {} : { nativeVlan }),
      description,
      annotations: { namespace, owner, uid, generation },
    },
  };
  const text = renderTemplate(template, valueOf(model), context, PORT_STEPS);
  if (typeof text !== 'string') return text;
  const contained = contain(text, port, new Set(vlans.ids), context.dialect);
  if ('problem' in contained) return { message: contained.problem, template: template.name };
  return { vlans: vlans.ids, lines: contained.lines };
}

/** A base model's section. */
export function renderBase(
  template: Template,
  data: Value,
  context: RenderContext,
): { lines: string[] } | SectionFailure {
  const text = renderTemplate(template, data, context);
  if (typeof text !== 'string') return text;
  const lines = text.split('\n').map((line) => line.trimEnd());
  while (lines.at(-1) === '') lines.pop();
  while (lines[0] === '') lines.shift();
  for (const line of lines) {
    if (hasControl(line))
      return { message: `${JSON.stringify(line)} holds a control character`, template: template.name };
    // What follows would be typed outside the configuration.
    if (line.trim() === 'end') return { message: '"end" leaves the configuration', template: template.name };
  }
  return { lines };
}

function renderTemplate(
  template: Template,
  model: Value,
  context: RenderContext,
  steps?: number,
): string | SectionFailure {
  const interpreter = new Interpreter(context.load, ...(steps === undefined ? [] : [{ steps }]));
  try {
    return interpreter.render(
      template,
      new Map([
        ['model', model],
        ['host', context.host],
      ]),
    );
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { message: error.detail, template: error.template, line: error.line };
  }
}

function vlansOf(claim: ShownClaim): { ids: number[] } | SectionFailure {
  const further = parseVlanList(claim.vlans ?? '');
  if (!Array.isArray(further)) return { message: further.message };
  const all = new Set([
    claim.vlan,
    ...further,
    ...(claim.nativeVlan === undefined ? [] : [claim.nativeVlan]),
  ]);
  return { ids: [...all].sort((a, b) => a - b) };
}

/** S-01, S-02: the schema has refused such text already; the renderer does not rely on it. */
function checkClaim(claim: ShownClaim): string | undefined {
  for (const key of ['namespace', 'owner', 'uid', 'stp'] as const) {
    if (hasControl(claim[key])) return `${key} holds a control character`;
  }
  if (claim.description.length > 80 || !DESCRIPTION.test(claim.description)) {
    return 'description is longer than 80 characters or has characters that are not allowed';
  }
  return undefined;
}
