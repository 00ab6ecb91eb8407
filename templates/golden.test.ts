import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import type { Ledger } from '../crds/types.gen.ts';
import { parseInventory } from '../lib/inventory/parse.ts';
import { parsePortList } from '../lib/ports/range.ts';
import { readYaml } from '../lib/ports/safe-yaml.ts';
import { candidate, platformSet } from '../lib/render/candidate.ts';
import type { Candidate } from '../lib/render/candidate.ts';
import { Host } from '../lib/render/jinja/entities.ts';
import { renderText } from '../lib/render/jinja/render-text.ts';
import type { Value } from '../lib/render/jinja/value.ts';
import { valueOf } from '../lib/render/value-of.ts';
import { cleanConfig, loadText, printBody } from '../topo/eos-sim/running-config.ts';
import { configMaps } from './config-maps.ts';

interface GoldenClaim {
  ports: string;
  owner: string;
  vlan: number;
  trunk: boolean;
  shutdown: boolean;
  stp: 'portfast' | 'network' | 'normal';
  vlans?: string;
  nativeVlan?: number;
  description?: string;
}

interface Golden {
  host: { data?: Record<string, unknown> };
  /** Instead of models/generic.yaml. */
  base?: unknown;
  portTemplate?: string;
  claims: GoldenClaim[];
}

const root = new URL('.', import.meta.url);
const data = new URL('eos/testdata/', root);
/** `UPDATE_GOLDEN=1 node --test templates/golden.test.ts` writes the files anew; look at the difference. */
const update = process.env['UPDATE_GOLDEN'] === '1';

function text(path: string, from: URL = root): string {
  return readFileSync(new URL(path, from), 'utf8');
}

function ledgerOf(claims: readonly GoldenClaim[]): Ledger {
  const ledger: Ledger = {};
  for (const { ports, owner, description, ...settings } of claims) {
    const list = parsePortList(ports);
    assert.ok(Array.isArray(list));
    for (const port of list) {
      ledger[port] = {
        ...settings,
        description: description ?? owner,
        annotations: {
          namespace: 'tenant-a',
          owner,
          uid: owner,
          generation: 1,
          timestamp: '2026-01-01T00:00:00Z',
          since: 1,
        },
      };
    }
  }
  return ledger;
}

function render(golden: Golden): Candidate {
  const device = parseInventory({ hosts: stringify({ devicea: golden.host }) }).devices.get('devicea');
  assert.ok(device !== undefined);
  const maps = configMaps({
    'eos/generic.j2': text('eos/generic.j2'),
    'eos/interface.j2':
      golden.portTemplate === undefined ? text('eos/interface.j2') : text(golden.portTemplate, data),
    'models/generic.yaml': golden.base === undefined ? text('models/generic.yaml') : stringify(golden.base),
  });
  const platform = platformSet(maps, maps, device);
  assert.ok(!('problems' in platform), 'problems' in platform ? JSON.stringify(platform.problems) : '');
  const ledger = ledgerOf(golden.claims);
  const include = new Set(golden.claims.map(({ owner }) => owner));
  return candidate({ platform, model: ledger, active: ledger, confirmed: {}, include });
}

const cases = readdirSync(data).sort();

describe('golden configurations for EOS', () => {
  for (const name of cases) {
    test(name, () => {
      const result = render(readYaml(text(`${name}/model.yaml`, data), name) as Golden);
      assert.deepEqual(result.failures, []);
      const expected = new URL(`${name}/expected.cfg`, data);
      if (update) writeFileSync(expected, result.text);
      assert.ok(existsSync(expected), 'no expected.cfg: run with UPDATE_GOLDEN=1 and review it');
      assert.equal(result.text, readFileSync(expected, 'utf8'));
    });
  }

  test('the ports of step 4 of the walk-through', () => {
    const lines = text('walk-through/expected.cfg', data).split('\n');
    const section = (port: number): string[] => {
      const from = lines.indexOf(`interface Ethernet${port}`);
      const to = lines.indexOf('!', from);
      return lines.slice(from + 1, to).map((line) => line.trim());
    };
    assert.deepEqual(section(2), [
      'description request-002',
      'no shutdown',
      'switchport trunk allowed vlan 100',
      'switchport mode trunk',
      'spanning-tree portfast',
    ]);
    assert.deepEqual(section(3), [
      'description request-001',
      'shutdown',
      'switchport trunk allowed vlan 10',
      'switchport mode trunk',
      'spanning-tree portfast',
    ]);
  });
});

describe('the templates say the same in Python’s Jinja2', () => {
  const script = `
import json, sys
from jinja2 import Environment, StrictUndefined
given = json.load(sys.stdin)
class Host(dict):
    def __str__(self): return self["name"]
environment = Environment(undefined=StrictUndefined, trim_blocks=True)
sys.stdout.write(environment.from_string(given["template"]).render(model=given["model"], host=Host(given["host"])))
`;
  const installed = spawnSync('python3', ['-c', 'import jinja2']).status === 0;
  for (const name of cases) {
    test(name, { skip: installed ? false : 'python3 with jinja2 is not installed here' }, () => {
      const golden = readYaml(text(`${name}/model.yaml`, data), name) as Golden;
      const base = golden.base ?? readYaml(text('models/generic.yaml'), 'generic');
      const ports = Object.fromEntries(
        Object.entries(ledgerOf(golden.claims)).map(([port, { annotations, ...rest }]) => {
          return [
            port,
            { ...rest, annotations: { owner: annotations.owner, namespace: annotations.namespace } },
          ];
        }),
      );
      const host = { name: 'devicea', data: golden.host.data ?? {} };
      const pairs: [string, unknown][] = [
        [text('eos/generic.j2'), base],
        [text('eos/interface.j2'), ports],
        [text('seed-shape/interface.j2', data), ports],
      ];
      for (const [template, model] of pairs) {
        const run = spawnSync('python3', ['-c', script], {
          input: JSON.stringify({ template, model, host }),
          encoding: 'utf8',
        });
        assert.equal(run.status, 0, run.stderr);
        const fields = new Map<string, Value>(
          Object.entries(host).map(([key, value]) => [key, valueOf(value)]),
        );
        const ours = renderText(
          template,
          new Map<string, Value>([
            ['model', valueOf(model)],
            ['host', new Host('devicea', fields, new Map())],
          ]),
        );
        assert.equal(ours, run.stdout);
      }
    });
  }
});

describe('the simulated switch takes every line of', () => {
  const hardware = { ports: 64 };
  for (const name of cases) {
    test(name, () => {
      const expected = text(`${name}/expected.cfg`, data);
      const config = cleanConfig(hardware);
      assert.deepEqual(loadText(config, hardware, expected), []);
      const printed = printBody(config).join('\n');
      for (const line of expected
        .split('\n')
        .filter((one) => /^(hostname|interface|vlan|username|   description)/.test(one))) {
        // The switch prints users and VLANs in forms of its own.
        if (!/^(vlan|username)/.test(line)) assert.ok(printed.includes(line), line);
      }
      const again = cleanConfig(hardware);
      assert.deepEqual(loadText(again, hardware, printed), []);
      assert.equal(printBody(again).join('\n'), printed);
    });
  }
});

test('the ConfigMaps carry the labels and annotations by which the platform finds them', () => {
  const maps = configMaps({
    'eos/generic.j2': 'g',
    'eos/interface.j2': 'i',
    'models/generic.yaml': 'm: 1',
    'eos/testdata/x/model.yaml': 'no',
    'config-maps.ts': 'no',
  });
  assert.deepEqual(
    maps.map(({ metadata: { name, namespace, labels, annotations }, data: content }) => ({
      name,
      namespace,
      labels,
      annotations,
      content,
    })),
    [
      {
        name: 'eos-generic.j2',
        namespace: 'naas-system',
        labels: { app: 'naas', type: 'template', platform: 'eos' },
        annotations: {},
        content: { 'generic.j2': 'g' },
      },
      {
        name: 'eos-interface.j2',
        namespace: 'naas-system',
        labels: { app: 'naas', type: 'template', platform: 'eos' },
        annotations: { 'network.as.a.service/scope': 'port' },
        content: { 'interface.j2': 'i' },
      },
      {
        name: 'generic',
        namespace: 'naas-system',
        labels: { app: 'naas', type: 'model', group: 'global' },
        annotations: { order: '00', template: 'generic.j2' },
        content: { 'structured-config': 'm: 1' },
      },
    ],
  );
  assert.throws(() => configMaps({ 'models/other.yaml': '' }), /group, order and template are not known/);
});
