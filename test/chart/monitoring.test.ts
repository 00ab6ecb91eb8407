/** Alerts and dashboard speak of metrics that exist, with labels that these have. */
import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMetrics } from '../../lib/kube/metrics.ts';
import { CHART, only, render, ROOT } from './chart.ts';

/** What Prometheus itself adds to each series of a target, and the label of histograms' buckets. */
const TARGET_LABELS = ['job', 'instance', 'pod', 'component', 'namespace', 'le'];
const FAMILY =
  /\b(?:naas|controller_runtime|workqueue|rest_client|leader_election|certwatcher|reflector|process|nodejs)_[a-z_]+\b/g;

/** Labels by name of the metric; histograms by the names of their series. */
async function metrics(): Promise<Map<string, readonly string[]>> {
  const known = new Map<string, readonly string[]>([['up', []]]);
  const { registry } = createMetrics({ processMetrics: true });
  for (const { name, type } of await registry.getMetricsAsJSON()) {
    const labels = labelsOf(registry.getSingleMetric(name));
    for (const suffix of String(type) === 'histogram' ? ['_bucket', '_sum', '_count'] : [''])
      known.set(name + suffix, labels);
  }
  // Those of one service are made where they are counted.
  for await (const file of glob('{services,webhooks,lib}/**/*.ts', { cwd: ROOT })) {
    const text = await readFile(join(ROOT, file), 'utf8');
    for (const [, name = '', body = ''] of text.matchAll(/name: '(naas_[a-z_]+)',([^}]*)\}/g)) {
      const labels = /labelNames: \[([^\]]*)\]/.exec(body)?.[1] ?? '';
      known.set(
        name,
        [...labels.matchAll(/'([a-z_]+)'/g)].map(([, label = '']) => label),
      );
    }
  }
  return known;
}

function labelsOf(metric: unknown): readonly string[] {
  return (metric as { labelNames?: string[] } | undefined)?.labelNames ?? [];
}

const known = await metrics();
const objects = await render({ file: join(CHART, 'ci/full-values.yaml') });

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly description: string };
}
const rules = only(objects, 'PrometheusRule', 'naas')['spec'].groups.flatMap(
  ({ rules: list }: { rules: Rule[] }) => list,
) as Rule[];

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}
const dashboard = JSON.parse(only(objects, 'ConfigMap', 'naas-dashboard')['data']['naas.json']) as {
  panels: Panel[];
};

/** What is wrong with an expression. */
function problems(expr: string): string[] {
  const named = expr.match(FAMILY) ?? [];
  const used = named.filter((name) => known.has(name));
  if (/\bup\{/.test(expr)) used.push('up');
  const labels = new Set([...TARGET_LABELS, ...used.flatMap((name) => known.get(name) ?? [])]);
  const groupings = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  const selectors = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/([a-z_]+)\s*[=!]/g)].map(([, label = '']) => label),
  );
  return [
    ...named.filter((name) => !known.has(name)).map((name) => `no metric ${name}`),
    ...[...groupings, ...selectors].filter((label) => !labels.has(label)).map((label) => `no label ${label}`),
    ...(used.length === 0 ? ['no metric at all'] : []),
  ];
}

test('the check finds what does not exist', () => {
  assert.deepEqual(problems('rate(naas_no_such_total[5m])'), [
    'no metric naas_no_such_total',
    'no metric at all',
  ]);
  assert.deepEqual(problems('sum by (tenant) (workqueue_depth)'), ['no label tenant']);
  assert.deepEqual(problems('workqueue_depth{queue="a"}'), ['no label queue']);
  assert.deepEqual(problems('workqueue_depth_bucket'), [
    'no metric workqueue_depth_bucket',
    'no metric at all',
  ]);
  assert.deepEqual(problems('vector(1)'), ['no metric at all']);
});

test('every metric and label of the alerts exists', () => {
  assert.ok(rules.length >= 10);
  for (const { alert, expr } of rules) assert.deepEqual(problems(expr), [], alert);
});

/** With labels, and yet told as 0 by a service that has just started: the tests of the services look. */
const TOLD_FROM_START = new Set([
  'naas_webhook_unreadable_config_total',
  'naas_webhook_configuration_writes_total',
  'naas_scheduler_jobs_total',
  'controller_runtime_webhook_panics_total',
]);

test('a counter whose growth raises an alert is there before it grows: the first time counts too', () => {
  const grown = rules.flatMap(({ expr }) => [...expr.matchAll(/\bincrease\(([a-z_]+)/g)]);
  assert.ok(grown.length >= 5);
  for (const [, name = ''] of grown)
    assert.ok(known.get(name)?.length === 0 || TOLD_FROM_START.has(name), name);
});

test('a service without any Pod is told', () => {
  const down = rules.find(({ alert }) => alert === 'NaasServiceDown')?.expr ?? '';
  const services = objects.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name);
  assert.ok(services.length >= 5);
  for (const name of services) {
    assert.ok(down.includes(`absent(up{job="metrics", component="${name}"})`), name);
    assert.match(down, new RegExp(`component=~"[^"]*\\b${name}\\b`));
  }
});

test('texts of alerts name labels that the alert has', () => {
  for (const { alert, expr, annotations } of rules) {
    const { summary, description } = annotations;
    assert.ok(summary && description, alert);
    const shown = [...`${summary} ${description}`.matchAll(/\$labels\.([a-z_]+)/g)].map(
      ([, label = '']) => label,
    );
    for (const label of shown) {
      const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
      const own = (expr.match(FAMILY) ?? []).flatMap((name) => known.get(name) ?? []);
      assert.ok(
        grouped.includes(label) || (grouped.length === 0 && own.includes(label)),
        `${alert}: ${label}`,
      );
    }
  }
});

test('every metric and label of the dashboard exists', () => {
  for (const { title, targets } of dashboard.panels) {
    for (const { expr, legendFormat } of targets) {
      assert.deepEqual(problems(expr), [], title);
      for (const [, label = ''] of legendFormat.matchAll(/\{\{([a-z_]+)\}\}/g)) {
        const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
          list.split(/,\s*/),
        );
        assert.ok(grouped.includes(label) || TARGET_LABELS.includes(label), `${title}: ${label}`);
      }
    }
  }
});
