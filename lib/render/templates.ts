import { APP, APP_LABEL, PLATFORM_LABEL, SCOPE_ANNOTATION, TYPE_LABEL } from '../../crds/names.ts';
import type { ConfigMapLike, PlatformProblem } from './config-map.ts';
import { parseTemplate } from './jinja/parse.ts';
import { referencedTemplates } from './jinja/references.ts';
import type { Template } from './jinja/syntax.ts';
import { TemplateError } from './jinja/template-error.ts';

/** A template before it is parsed. */
export interface TemplateSource {
  name: string;
  source: string;
  /** Rendered once per port. */
  perPort: boolean;
}

/** The key that the seed system used; such a ConfigMap is named like its template. */
const SEED_KEY = 'template';

/**
 * The templates for a platform, by name: one labelled with the platform comes before one without that label.
 * Two of the same rank with one name are a problem (S-54).
 */
export function chooseTemplates(
  configMaps: readonly ConfigMapLike[],
  platform: string,
  problems: PlatformProblem[],
): Map<string, TemplateSource> {
  const ranks = [
    new Map<string, TemplateSource & { from: string }>(),
    new Map<string, TemplateSource & { from: string }>(),
  ];
  for (const { metadata, data } of configMaps) {
    const labels = metadata.labels ?? {};
    if (labels[APP_LABEL] !== APP || labels[TYPE_LABEL] !== 'template') continue;
    const label = labels[PLATFORM_LABEL];
    if (label !== undefined && label !== platform) continue;
    const rank = ranks[label === undefined ? 1 : 0];
    const scope = metadata.annotations?.[SCOPE_ANNOTATION];
    if (scope !== undefined && scope !== 'port') {
      problems.push({
        source: metadata.name,
        message: `annotation ${SCOPE_ANNOTATION} must be "port" or absent`,
      });
    }
    for (const [key, source] of Object.entries(data ?? {})) {
      const name = key === SEED_KEY ? metadata.name : key;
      const other = rank?.get(name);
      if (other !== undefined) {
        problems.push({
          source: metadata.name,
          template: name,
          message: `template ${name} is also in ConfigMap ${other.from}: keep one`,
        });
        continue;
      }
      rank?.set(name, { name, source, perPort: scope === 'port', from: metadata.name });
    }
  }
  return new Map([...(ranks[1] ?? []), ...(ranks[0] ?? [])]);
}

/**
 * Parses the templates of these names and all that they include, import or extend.
 * @returns what could be parsed, by name; a template that computes a name may ask for any
 */
export function parseTemplates(
  names: Iterable<string>,
  sources: ReadonlyMap<string, TemplateSource>,
  problems: PlatformProblem[],
): Map<string, Template> {
  const parsed = new Map<string, Template>();
  const open = [...new Set(names)];
  const seen = new Set(open);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const found = sources.get(name);
    // What is missing is told where it is asked for: `ignore missing` may stand there.
    if (found === undefined) continue;
    try {
      const template = parsedOnce(found.source, name);
      parsed.set(name, template);
      const { names: asked, computed } = referencedTemplates(template);
      for (const next of computed ? sources.keys() : asked) {
        if (seen.has(next)) continue;
        seen.add(next);
        open.push(next);
      }
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      problems.push({ template: error.template, line: error.line, message: error.detail });
    }
  }
  return parsed;
}

/** Parsed templates of this process by source and name: the devices of a slice share them, and parsing takes longer than rendering. */
const known = new Map<string, Template>();
const MOST_KNOWN = 256;

function parsedOnce(source: string, name: string): Template {
  const key = `${name}\n${source}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const template = parseTemplate(source, name);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, template);
  return template;
}
