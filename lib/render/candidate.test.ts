import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Confirmed, ConfirmedClaim, Ledger, OtherClaim, PortEntry } from '../../crds/types.gen.ts';
import { candidate } from './candidate.ts';
import type { Candidate, CandidateInput } from './candidate.ts';
import { platformSet } from './platform-set.ts';
import type { ConfigMapLike, PlatformProblem, PlatformSet, RenderedDevice } from './platform-set.ts';

const INTERFACE = `{% for port, data in model.items() %}
vlan {{ data.vlan }}
interface Ethernet{{ port }}
   description {{ data.description }}
{% if data.shutdown %}
   shutdown
{% endif %}
   switchport access vlan {{ data.vlan }}
{% endfor %}
`;

const device: RenderedDevice = {
  name: 'devicea',
  hostname: '192.0.2.1',
  platform: 'eos',
  groups: ['leaf', 'global'],
  ports: ['1', '2', '3', '4'],
  uplinks: ['4'],
  reserved: [],
  unused: 'parked',
  data: {},
};

function template(
  name: string,
  text: string,
  over: { platform?: string; scope?: string; name?: string } = {},
): ConfigMapLike {
  const scope = over.scope ?? (name === 'interface.j2' ? 'port' : undefined);
  return {
    metadata: {
      name: over.name ?? `eos-${name}`,
      labels: {
        app: 'naas',
        type: 'template',
        ...(over.platform === undefined ? {} : { platform: over.platform }),
      },
      annotations: scope === undefined ? {} : { 'network.as.a.service/scope': scope },
    },
    data: { [name]: text },
  };
}

function model(
  name: string,
  text: string,
  annotations: Record<string, string>,
  labels: Record<string, string> = { group: 'global' },
): ConfigMapLike {
  return {
    metadata: { name, labels: { app: 'naas', type: 'model', ...labels }, annotations },
    data: { 'structured-config': text },
  };
}

const BASE = model('generic', 'x: 1', { order: '00', template: 'generic.j2' });
const GENERIC = template('generic.j2', 'hostname {{ host }}\nbase {{ model.x }}\n');

function trySet(
  parts: { models?: ConfigMapLike[]; templates?: ConfigMapLike[]; device?: Partial<RenderedDevice> } = {},
) {
  return platformSet(
    parts.models ?? [BASE],
    parts.templates ?? [GENERIC, template('interface.j2', INTERFACE)],
    { ...device, ...parts.device },
  );
}

function set(parts: Parameters<typeof trySet>[0] = {}): PlatformSet {
  const result = trySet(parts);
  assert.ok(!('problems' in result), 'problems' in result ? JSON.stringify(result.problems) : '');
  return result;
}

function problems(parts: Parameters<typeof trySet>[0]): PlatformProblem[] {
  const result = trySet(parts);
  assert.ok('problems' in result, 'is accepted');
  return result.problems;
}

function claim(uid: string, over: Partial<ConfirmedClaim> = {}): ConfirmedClaim {
  return {
    vlan: 10,
    trunk: false,
    shutdown: true,
    stp: 'normal',
    description: `request-${uid}`,
    namespace: 'tenant-a',
    owner: `request-${uid}`,
    uid,
    generation: 1,
    ...over,
  };
}

function entry(top: ConfirmedClaim, others: OtherClaim[] = []): PortEntry {
  const { namespace, owner, uid, generation, timestamp: _, ...settings } = top;
  return {
    ...settings,
    annotations: { namespace, owner, uid, generation, timestamp: '2026-01-01T00:00:00Z', since: 1 },
    ...(others.length === 0 ? {} : { others }),
  };
}

function other(from: ConfirmedClaim, kind: { attempt: number } | { timestamp: string }): OtherClaim {
  const { namespace: _, timestamp: __, ...rest } = from;
  return { ...rest, ...kind };
}

function make(over: Partial<Omit<CandidateInput, 'include'>> & { include?: string[] } = {}): Candidate {
  const ledger = over.model ?? {};
  return candidate({
    platform: over.platform ?? set(),
    model: ledger,
    active: over.active ?? ledger,
    confirmed: over.confirmed ?? {},
    include: new Set(over.include ?? []),
  });
}

/** Which claim a port shows: "uid vlan", or parked. */
function portOf(result: Candidate, port: string): string {
  const at = result.lines.findIndex(({ text }) => text === `interface Ethernet${port}`);
  if (at < 0) return 'absent';
  const owner = result.lines[at]?.owner;
  if (owner?.kind !== 'request') return owner?.kind ?? '';
  assert.equal(owner.port, port);
  return `${owner.uid} ${result.shown[port]?.vlan}`;
}

describe('what a port shows', () => {
  const shadowed = (c: ConfirmedClaim) => other(c, { timestamp: '2026-01-01T00:00:00Z' });
  const reserved = (c: ConfirmedClaim) => other(c, { attempt: 0 });
  const a1 = claim('a');
  const a2 = claim('a', { vlan: 20, generation: 2 });
  const b = claim('b', { vlan: 30 });
  const rows: [
    string,
    { model?: Ledger; active?: Ledger; confirmed?: Confirmed; include?: string[] },
    string,
  ][] = [
    ['1: the top claim whose request is let in', { model: { '1': entry(a1) }, include: ['a'] }, 'a 10'],
    [
      '1: before the confirmed one',
      { model: { '1': entry(a2) }, confirmed: { '1': a1 }, include: ['a'] },
      'a 20',
    ],
    [
      '2: the confirmed claim while the new generation is not let in',
      { model: { '1': entry(a2) }, confirmed: { '1': a1 } },
      'a 10',
    ],
    [
      '2: the confirmed claim of a request that is shadowed',
      { model: { '1': entry(b, [shadowed(a1)]) }, confirmed: { '1': a1 } },
      'a 10',
    ],
    [
      '2: who is active is read from the Device, not from the model',
      { model: { '1': entry(a1) }, active: {}, confirmed: { '1': a1 } },
      'parked',
    ],
    [
      '3: a confirmed claim whose request has gone',
      { model: { '1': entry(b) }, confirmed: { '1': a1 } },
      'parked',
    ],
    [
      '3: a reservation is not active',
      {
        active: { '1': { annotations: { namespace: 'tenant-a' }, others: [reserved(a1)] } },
        confirmed: { '1': a1 },
      },
      'parked',
    ],
    ['3: nothing confirmed and not let in', { model: { '1': entry(a1) } }, 'parked'],
    ['3: free', {}, 'parked'],
    ['3: released, whatever is let in', { confirmed: { '1': a1 }, include: ['a'] }, 'parked'],
    [
      '3: a reservation is never shown',
      { model: { '1': { annotations: { namespace: 'tenant-a' }, others: [reserved(a1)] } }, include: ['a'] },
      'parked',
    ],
  ];
  for (const [name, input, expected] of rows) {
    test(name, () => {
      const result = make(input);
      assert.equal(portOf(result, '1'), expected);
      assert.equal(result.failures.length, 0);
      // What is shown is exactly what stands in the text.
      assert.deepEqual(Object.keys(result.shown), expected === 'parked' ? [] : ['1']);
    });
  }

  test('an uplink or a reserved port is never rendered from the ledger and never parked', () => {
    const result = make({ model: { '4': entry(a1) }, confirmed: { '4': a1 }, include: ['a'] });
    assert.equal(portOf(result, '4'), 'absent');
    const kept = make({
      platform: set({ device: { reserved: ['1'] } }),
      model: { '1': entry(a1) },
      include: ['a'],
    });
    assert.equal(portOf(kept, '1'), 'absent');
    assert.deepEqual(kept.shown, {});
  });

  test('a port that the inventory does not know is not rendered', () => {
    assert.equal(portOf(make({ model: { '9': entry(a1) }, include: ['a'] }), '9'), 'absent');
  });

  test('a breakout port is rendered under its own name', () => {
    const platform = set({ device: { ports: ['49/1', '49/2', '49'] } });
    const result = make({ platform, model: { '49/2': entry(a1) }, include: ['a'] });
    assert.deepEqual(
      [portOf(result, '49/2'), portOf(result, '49/1'), portOf(result, '49')],
      ['a 10', 'parked', 'parked'],
    );
  });

  test('unused ports are left as they come when the inventory says so', () => {
    assert.equal(portOf(make({ platform: set({ device: { unused: 'default' } }) }), '1'), 'absent');
  });

  test('a parked port is shut down and nothing else', () => {
    const { lines } = make();
    assert.deepEqual(
      lines.filter(({ owner }) => owner.kind === 'parked' && owner.port === '2').map(({ text }) => text),
      ['!', 'interface Ethernet2', '   shutdown'],
    );
  });

  test('names that objects inherit are no ports', () => {
    const result = make({ platform: set({ device: { ports: ['1'] } }), confirmed: {}, include: ['a'] });
    assert.equal(result.failures.length, 0);
  });
});

describe('sections', () => {
  test('stand by order, then name, the ports in their place; each line has its owner', () => {
    const platform = set({
      models: [
        model('zz-last', '{}', { order: '100', template: 'one.j2' }),
        model('b-same', '{}', { order: '5', template: 'one.j2' }),
        model('a-same', '{}', { order: '05', template: 'one.j2' }),
        model('unsaid', '{}', { template: 'one.j2' }),
        BASE,
        model('other', '{}', { order: '1', template: 'one.j2' }, { device: 'deviceb' }),
        model('stranger', '{}', { order: '1', template: 'one.j2' }, { group: 'spine' }),
        model('mine', '{}', { order: '2', template: 'one.j2' }, { device: 'devicea' }),
        model('interfaces-devicea', '', { order: '99', template: 'interface.j2' }, { device: 'devicea' }),
      ],
      templates: [GENERIC, template('one.j2', 'one'), template('interface.j2', INTERFACE)],
    });
    const result = make({ platform });
    const owners = result.lines.map(({ owner }) => (owner.kind === 'base' ? owner.model : owner.kind));
    assert.deepEqual(
      [...new Set(owners)],
      ['generic', 'mine', 'a-same', 'b-same', 'unsaid', 'parked', 'zz-last'],
    );
    assert.equal(result.lines.map(({ text }) => `${text}\n`).join(''), result.text);
  });

  test('the same input gives the same text and digest', () => {
    const input = { model: { '2': entry(claim('a')), '1': entry(claim('b')) }, include: ['a', 'b'] };
    assert.deepEqual(make(input), make(input));
    assert.match(make(input).digest, /^[0-9a-f]{64}$/);
  });

  test('a VLAN is declared once, before its first port, by that port’s owner', () => {
    const result = make({
      model: { '1': entry(claim('a')), '2': entry(claim('b')), '3': entry(claim('b', { vlan: 11 })) },
      include: ['a', 'b'],
    });
    const declared = result.lines.filter(({ text }) => text.startsWith('vlan '));
    assert.deepEqual(
      declared.map(({ text, owner }) => [text, owner.kind === 'request' ? owner.uid : '']),
      [
        ['vlan 10', 'a'],
        ['vlan 11', 'b'],
      ],
    );
    // Without its first owner the next one declares it.
    const rest = make({ model: { '1': entry(claim('a')), '2': entry(claim('b')) }, include: ['b'] });
    assert.deepEqual(
      rest.lines.filter(({ text }) => text === 'vlan 10').map(({ owner }) => owner),
      [{ kind: 'request', uid: 'b', port: '2' }],
    );
  });

  test('a template that declares no VLAN, like the seed’s, gets them declared', () => {
    const seed =
      '{% for intf, data in model.items() -%}\n!\ninterface Ethernet{{ intf }}\n  description {{ data.annotations.owner }}\n  switchport access vlan {{ data.vlan }}\n  exit\n{% endfor %}';
    const result = make({
      platform: set({ templates: [GENERIC, template('interface.j2', seed)] }),
      model: { '1': entry(claim('a', { trunk: true, vlans: '20-21', nativeVlan: 5 })) },
      include: ['a'],
    });
    assert.deepEqual(
      result.lines.filter(({ owner }) => owner.kind === 'request').map(({ text }) => text.trim()),
      [
        '!',
        'vlan 5',
        'vlan 10',
        'vlan 20',
        'vlan 21',
        '!',
        'interface Ethernet1',
        'description request-a',
        'switchport access vlan 10',
      ],
    );
  });
});

describe('one bad section is told to its owner alone', () => {
  const broken = INTERFACE.replace(
    '   description',
    '{% if data.vlan == 66 %}\n{{ data.missing }}\n{% endif %}\n   description',
  );
  test('S-55 an undefined value fails its section; the others are rendered', () => {
    const result = make({
      platform: set({ templates: [GENERIC, template('interface.j2', broken)] }),
      model: { '1': entry(claim('a', { vlan: 66 })), '2': entry(claim('b')) },
      include: ['a', 'b'],
    });
    assert.deepEqual(result.failures, [
      {
        owner: { kind: 'request', uid: 'a', port: '1' },
        message: '"missing" of dict is undefined',
        template: 'interface.j2',
        line: 5,
      },
    ]);
    assert.equal(portOf(result, '1'), 'absent');
    assert.equal(portOf(result, '2'), 'b 10');
    assert.deepEqual(Object.keys(result.shown), ['2']);
    assert.ok(!result.text.includes('66'));
  });

  test('S-55 a base section that fails is the platform’s', () => {
    const platform = set({
      templates: [template('generic.j2', 'a\n{{ model.nope }}'), template('interface.j2', INTERFACE)],
    });
    const result = make({ platform, model: { '1': entry(claim('a')) }, include: ['a'] });
    assert.deepEqual(result.failures, [
      {
        owner: { kind: 'base', model: 'generic' },
        message: '"nope" of dict is undefined',
        template: 'generic.j2',
        line: 2,
      },
    ]);
    assert.equal(portOf(result, '1'), 'a 10');
  });

  test('a template typo is the platform’s before any tenant meets it', () => {
    const typo = INTERFACE.replace('data.vlan', 'data.vlann');
    const [problem, ...more] = problems({ templates: [GENERIC, template('interface.j2', typo)] });
    assert.equal(more.length, 0);
    assert.equal(problem?.template, 'interface.j2');
    assert.equal(problem?.line, 2);
    assert.match(problem?.message ?? '', /^fails for an access port .*"vlann" of dict is undefined$/);
  });

  const bad: [string, string, RegExp][] = [
    ['another interface', 'interface Ethernet9', /may not stand in a port's section/],
    ['another interface first', 'X', /stands before/],
    ['a global command', 'username evil privilege 15 nopassword', /"username evil .*may not stand/],
    ['a VLAN of another', 'vlan 20', /may not stand/],
    ['the interface twice', 'interface Ethernet1', /may not stand/],
    ['a mode comment', '!! comment', /may not stand/],
    ['end', 'end', /may not stand/],
    ['a channel group', 'channel-group 1 mode active', /may not stand/],
    ['no with a global command', 'no username admin', /may not stand/],
    ['default', 'default interface Ethernet2', /may not stand/],
    ['S-18 all VLANs', 'switchport trunk allowed vlan all', /is not a VLAN/],
    [
      'S-18 a VLAN that was not asked for',
      'switchport trunk allowed vlan 10,20',
      /VLAN 20 is not one of the port's VLANs/,
    ],
    ['S-18 another access VLAN', 'switchport access vlan 20', /VLAN 20 is not one/],
    ['S-01 a control character', '{{ "description a\\x04" }}', /control character/],
    ['a command after exit', 'exit\n   shutdown', /stands after exit/],
  ];
  for (const [name, line, message] of bad) {
    test(`containment: ${name}`, () => {
      const text = INTERFACE.replace(
        '   description',
        `{% if data.vlan == 10 and data.description == "bad" %}\n   ${line}\n{% endif %}\n   description`,
      );
      const source = name.endsWith('first')
        ? text.replace('interface Eth', '{{ "X\\n" if data.description == "bad" else "" }}interface Eth')
        : text;
      const result = make({
        platform: set({ templates: [GENERIC, template('interface.j2', source)] }),
        model: { '1': entry(claim('a', { description: 'bad' })), '2': entry(claim('b')) },
        include: ['a', 'b'],
      });
      assert.deepEqual(
        result.failures.map(({ owner }) => owner),
        [{ kind: 'request', uid: 'a', port: '1' }],
      );
      assert.match(result.failures[0]?.message ?? '', message);
      assert.equal(portOf(result, '2'), 'b 10');
    });
  }
});

describe('data stays data', () => {
  const evil = [
    '\n',
    '\r',
    '\v',
    '\f',
    '\u2028',
    '\u2029',
    '\u0085',
    '\u001b',
    '\b',
    '\t',
    '\u0000',
    '\u0004',
  ];
  const clean = make({ model: { '1': entry(claim('a')), '2': entry(claim('b')) }, include: ['b'] });
  for (const key of ['description', 'owner', 'namespace', 'stp'] as const) {
    for (const character of evil) {
      test(`S-01 ${key} with ${JSON.stringify(character)} is refused, the rest is byte for byte as without it`, () => {
        const bad = claim('a', { [key]: `portfast${character}!${character}username evil` });
        const result = make({ model: { '1': entry(bad), '2': entry(claim('b')) }, include: ['a', 'b'] });
        assert.deepEqual(
          result.failures.map(({ owner }) => owner),
          [{ kind: 'request', uid: 'a', port: '1' }],
        );
        const without = clean.lines.filter(({ owner }) => !(owner.kind === 'parked' && owner.port === '1'));
        assert.deepEqual(result.lines, without);
      });
    }
  }

  test('S-02 words and marks of the command line stay inside one argument', () => {
    for (const description of [
      'end',
      'exit',
      'configure replace',
      'shutdown',
      'EOF',
      'a,b',
      'x=1',
      'no shutdown',
      'interface Ethernet2',
    ]) {
      const result = make({ model: { '1': entry(claim('a', { description })) }, include: ['a'] });
      assert.equal(result.failures.length, 0, description);
      assert.equal(result.lines.filter(({ text }) => text === `   description ${description}`).length, 1);
      assert.equal(result.lines.filter(({ text }) => text.startsWith('interface ')).length, 3);
    }
    for (const description of [
      '!',
      'a?',
      'a|b',
      'a;b',
      '"a"',
      '! x',
      '?',
      ' a',
      'a ',
      '',
      '-x',
      'a\\b',
      '`a`',
      '$(a)',
      'é',
      'a'.repeat(81),
    ]) {
      const result = make({ model: { '1': entry(claim('a', { description })) }, include: ['a'] });
      assert.equal(result.failures.length, 1, description);
    }
  });

  test('S-03 the longest name a request can have fits the description', () => {
    const description = 'a'.repeat(63);
    const result = make({ model: { '1': entry(claim('a', { description })) }, include: ['a'] });
    assert.ok(result.text.includes(`description ${description}\n`));
  });

  test('S-04 template text in a description is printed as it is, or refused', () => {
    const platform = set({
      models: [model('generic', 'x: "{{ 7*7 }}{% if %}{# #}"', { order: '00', template: 'generic.j2' })],
    });
    const result = make({
      platform,
      model: { '1': entry(claim('a', { description: 'a #(c)' })) },
      include: ['a'],
    });
    assert.ok(result.text.includes('base {{ 7*7 }}{% if %}{# #}\n'));
    assert.ok(result.text.includes('description a #(c)\n'));
  });

  test('S-01 control characters in a base model or in inventory data stop the device, with the place', () => {
    assert.match(
      problems({ models: [model('generic', 'x: [1, {y: "a\\nb"}]', { template: 'generic.j2' })] })[0]
        ?.message ?? '',
      /^x\[1\]\.y: holds/,
    );
    assert.match(
      problems({ device: { data: { a: { b: ['x\u2028'] } } } })[0]?.message ?? '',
      /^inventory data a\.b\[0\]: holds/,
    );
  });

  test('S-20 a base model that is an alias bomb is refused', () => {
    const text = `a: &a [x]\nb: [${Array(99).fill('*a').join(', ')}]`;
    assert.match(
      problems({ models: [model('generic', text, { template: 'generic.j2' })] })[0]?.message ?? '',
      /aliases/,
    );
  });

  test('S-19 shutdown is a truth value, not a question of being there', () => {
    for (const shutdown of [true, false]) {
      const result = make({ model: { '1': entry(claim('a', { shutdown })) }, include: ['a'] });
      const lines = result.lines
        .filter(({ owner }) => owner.kind === 'request')
        .map(({ text }) => text.trim());
      assert.equal(lines.includes('shutdown'), shutdown);
    }
  });
});

describe('S-54 what is ambiguous is refused', () => {
  for (const order of ['-1', '1.5', 'first', '', '10000', '0x1', ' 1', '١']) {
    test(`order ${JSON.stringify(order)}`, () => {
      const found = problems({ models: [model('generic', 'x: 1', { order, template: 'generic.j2' })] });
      assert.equal(found[0]?.source, 'generic');
      assert.match(found[0]?.message ?? '', /must be digits, 0 to 9999/);
    });
  }
  test('two templates of one name for one platform', () => {
    const twice = [
      GENERIC,
      template('interface.j2', INTERFACE),
      template('generic.j2', 'x', { name: 'again' }),
    ];
    assert.match(
      problems({ templates: twice })[0]?.message ?? '',
      /generic\.j2 is also in ConfigMap eos-generic\.j2/,
    );
  });
  test('but one for the platform comes before one for all', () => {
    const result = make({
      platform: set({
        templates: [
          GENERIC,
          template('generic.j2', 'mine', { platform: 'eos', name: 'p' }),
          template('generic.j2', 'theirs', { platform: 'ios', name: 'q' }),
          template('interface.j2', INTERFACE),
        ],
      }),
    });
    assert.equal(result.lines[0]?.text, 'mine');
  });
  test('a second interface model', () => {
    const second = model(
      'copy',
      '{}',
      { template: 'interface.j2', 'network.as.a.service/device-uid': 'u' },
      { device: 'devicea' },
    );
    assert.match(problems({ models: [BASE, second] })[0]?.message ?? '', /only ConfigMap interfaces-devicea/);
  });
});

describe('what the network team must put right is told with its place', () => {
  const rows: [string, Parameters<typeof trySet>[0], RegExp][] = [
    [
      'a model without template',
      { models: [model('generic', 'x: 1', {})] },
      /annotation template is missing/,
    ],
    [
      'a template that is not there',
      { models: [model('generic', 'x: 1', { template: 'nope.j2' })] },
      /there is no template "nope\.j2"/,
    ],
    [
      'a port template without scope',
      { templates: [GENERIC, template('interface.j2', INTERFACE, { scope: '' })] },
      /scope/,
    ],
    [
      'a template that does not parse',
      { templates: [template('generic.j2', 'a\n{% if %}'), template('interface.j2', INTERFACE)] },
      /./,
    ],
    [
      'a model that is no YAML',
      { models: [model('generic', '{', { template: 'generic.j2' })] },
      /structured-config/,
    ],
    [
      'a broken template that is included',
      {
        templates: [
          template('generic.j2', '{% include "part" %}'),
          template('part', '{{'),
          template('interface.j2', INTERFACE),
        ],
      },
      /./,
    ],
    ['a platform that is not known', { device: { platform: 'ios' } }, /platform ios cannot be rendered/],
    [
      'end in a base template',
      {
        templates: [
          template('generic.j2', 'x'),
          template('interface.j2', INTERFACE.replace('interface', 'end\ninterface')),
        ],
      },
      /fails for/,
    ],
  ];
  for (const [name, parts, message] of rows) {
    test(name, () =>
      assert.match(
        problems(parts)
          .map((problem) => problem.message)
          .join('\n'),
        message,
      ),
    );
  }
  test('a broken template that nothing uses stops nobody', () => {
    assert.ok(
      set({ templates: [GENERIC, template('interface.j2', INTERFACE), template('unused.j2', '{{')] }),
    );
  });
  test('end in a base section would leave the configuration', () => {
    const platform = set({
      templates: [template('generic.j2', 'a\nend\nreload'), template('interface.j2', INTERFACE)],
    });
    assert.match(make({ platform }).failures[0]?.message ?? '', /"end" leaves/);
  });
});

describe('the digest of the platform’s part', () => {
  const digest = set().digest;
  test('is stable under the order of keys and ConfigMaps', () => {
    assert.equal(set({ templates: [template('interface.j2', INTERFACE), GENERIC] }).digest, digest);
    const data = { a: 1, b: { c: 1, d: 2 } };
    const turned = { b: { d: 2, c: 1 }, a: 1 };
    assert.equal(set({ device: { data } }).digest, set({ device: { data: turned } }).digest);
  });
  test('S-63 does not know credentials', () => {
    const secret = { username: 'u', password: 'p', privateKey: 'k', hostKeys: ['h'], bootToken: 't' };
    assert.equal(set({ device: { ...secret } as Partial<RenderedDevice> }).digest, digest);
  });
  test('does not change with the interface model or with what the device does not use', () => {
    const interfaces = model(
      'interfaces-devicea',
      '"1": {}',
      { order: '99', template: 'interface.j2' },
      { device: 'devicea' },
    );
    assert.equal(set({ models: [BASE, interfaces] }).digest, digest);
    assert.equal(
      set({ templates: [GENERIC, template('interface.j2', INTERFACE), template('unused.j2', 'x')] }).digest,
      digest,
    );
    assert.equal(
      set({ models: [BASE, model('other', 'x: 1', { template: 'generic.j2' }, { group: 'spine' })] }).digest,
      digest,
    );
  });
  const changes: [string, Parameters<typeof trySet>[0]][] = [
    ['a template', { templates: [GENERIC, template('interface.j2', `${INTERFACE}!`)] }],
    ['a base model', { models: [model('generic', 'x: 2', { order: '00', template: 'generic.j2' })] }],
    ['an order', { models: [model('generic', 'x: 1', { order: '01', template: 'generic.j2' })] }],
    ['inventory data', { device: { data: { a: 1 } } }],
    ['the ports', { device: { ports: ['1', '2', '4'] } }],
    ['unused', { device: { unused: 'default' } }],
  ];
  for (const [name, parts] of changes) {
    test(`changes with ${name}`, () => assert.notEqual(set(parts).digest, digest));
  }
  test('changes with a template that is included', () => {
    const with_ = (text: string) =>
      set({
        templates: [
          template('generic.j2', '{% include "part" %}'),
          template('part', text),
          template('interface.j2', INTERFACE),
        ],
      });
    assert.notEqual(with_('a').digest, with_('b').digest);
  });
});
