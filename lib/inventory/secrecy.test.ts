import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { InventoryError } from './device.ts';
import { parseInventory } from './parse.ts';
import type { InventoryFiles } from './parse.ts';

/** Stands where a secret stands; in no name that a message may show. */
const CANARY = 'Geheim1';
const LINES = `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----`;

/** What a slip may make of a line `password: …`, alone or where a block of options is. */
const PASSWORDS = [
  `*${CANARY}`,
  `& ${CANARY}`,
  `&a &${CANARY} x`,
  `*a ${CANARY}`,
  `!${CANARY}`,
  `!${CANARY} x`,
  `!!${CANARY} x`,
  `!<${CANARY}> x`,
  `!<${CANARY}`,
  `!a!${CANARY} x`,
  `!${CANARY}! x`,
  `!!int ${CANARY}`,
  `!!float ${CANARY}`,
  `!!bool ${CANARY}`,
  `!!null ${CANARY}`,
  `!!map ${CANARY}`,
  `!!seq ${CANARY}`,
  `!!binary ${CANARY}`,
  `!!timestamp ${CANARY}`,
  `|${CANARY}`,
  `>${CANARY}`,
  `|9${CANARY}`,
  `| # \n${CANARY}`,
  `|\n${CANARY}`,
  `|\n\t${CANARY}`,
  `|2\n   ${CANARY}\n ${CANARY}`,
  `"${CANARY}`,
  `'${CANARY}`,
  `"${CANARY}" ${CANARY}`,
  `"x"${CANARY}`,
  `'x'${CANARY}`,
  `"\\${CANARY}"`,
  `"\\x${CANARY}"`,
  `"\\u${CANARY}"`,
  `"a\n${CANARY}"`,
  `%${CANARY}`,
  `@${CANARY}`,
  `\`${CANARY}`,
  `- ${CANARY}`,
  `[${CANARY}`,
  `]${CANARY}`,
  `{${CANARY}`,
  `}${CANARY}`,
  `{${CANARY}}`,
  `{${CANARY}: x}`,
  `[${CANARY}]`,
  `[[${CANARY}]]`,
  `? ${CANARY}`,
  `${CANARY}: x`,
  `${CANARY}:\n    ${CANARY}`,
  `${CANARY}\n${CANARY}`,
  `${CANARY}\n  ${CANARY}: x`,
  `x\n  x ${CANARY}`,
  `x\n  ${CANARY}: x`,
  `x\n  "${CANARY}": x`,
  `x\n  ? ${CANARY}\n  : x`,
  `x\n  [${CANARY}]: x`,
  `x\n  {${CANARY}: x}: x`,
  `x\n  <<: ${CANARY}`,
  `x\n  <<: *${CANARY}`,
  `x\n  <<: [${CANARY}]`,
  `x\n  <<: {${CANARY}: x}`,
  `x\n  password: ${CANARY}`,
  `x\n  ${CANARY}: x\n  ${CANARY}: x`,
  `x\n  password:${CANARY}`,
  `x\n  password=${CANARY}`,
  `x\n password: ${CANARY}`,
  `x\n   password: ${CANARY}`,
  `x\n\tpassword: ${CANARY}`,
  `x\n--- ${CANARY}`,
  `x\n---\npassword: ${CANARY}`,
  `x\n... ${CANARY}`,
  `x\n...\n%${CANARY}\n---\nx`,
  `x\n  data: {naas: {${CANARY}: x}}`,
  `x\n  data: {naas: ${CANARY}}`,
  `x\n  data: ${CANARY}`,
  `x\n  connection_options: ${CANARY}`,
  `x\n  connection_options: {ssh: ${CANARY}}`,
  `x\n  connection_options: {ssh: {${CANARY}: x}}`,
  `x\n  connection_options: {ssh: {password:${CANARY}}}`,
  `x\n  connection_options: {ssh: {password: x,${CANARY}}}`,
  `x\n  connection_options: {ssh: {extras: {${CANARY}: x}}}`,
  `x\n  connection_options: {ssh: {extras: {private_key: ${CANARY}}}}`,
  `x\n  connection_options: {ssh: {extras: {private_key: ${JSON.stringify(LINES)}}}}`,
  `x\n  connection_options: {ssh: {extras: {private_key: [${CANARY}]}}}`,
  `x\n  connection_options: {ssh: {hostname: "naas:${CANARY}@leaf1"}}`,
  `"${CANARY}\\n"`,
  `"\\0${CANARY}"`,
];

/** Where a secret may be written by mistake although another setting was meant. */
const SETTINGS = [
  `hostname: "ssh://naas:${CANARY}@192.0.2.1"`,
  `hostname: "${CANARY} "`,
  `hostname: [${CANARY}]`,
  `username: ["${CANARY}"]`,
  `username: "${CANARY}\\n"`,
  `port: ${CANARY}`,
  `port: "${CANARY}"`,
  `platform: ${CANARY}`,
  `groups: ${CANARY}`,
  `groups: [${CANARY}]`,
  `groups: [password: ${CANARY}]`,
  ...[
    'ports',
    'uplinks',
    'reserved',
    'reservedVlans',
    'adopt',
    'unused',
    'mode',
    'hostKeys',
    'bootToken',
  ].flatMap((key) => [
    `data: {naas: {${key}: ${CANARY}}}`,
    `data: {naas: {${key}: [${CANARY}]}}`,
    `data: {naas: {${key}: {${CANARY}: x}}}`,
    `data: {naas: {${key}:${CANARY}}}`,
    `data: {naas: {${key}: "1,${CANARY}"}}`,
  ]),
  `data: {naas: {hostKeys: ["ssh-ed25519 ${CANARY}"]}}`,
  `data: {naas: {hostKeys: ${JSON.stringify(LINES)}}}`,
];

/** As logs, Events and a crash would show it; undefined when the files are in order. */
function messageFor(files: InventoryFiles): string | undefined {
  try {
    parseInventory(files);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof InventoryError, String(error));
    return [error.message, error.stack, String(error.cause), ...error.problems].join('\n');
  }
}

function hidden(files: InventoryFiles, secret = CANARY): string | undefined {
  const message = messageFor(files);
  assert.ok(!message?.toLowerCase().includes(secret.toLowerCase()), message);
  return message;
}

const OK = 'leaf1: {platform: eos}';

function everywhere(line: string): InventoryFiles[] {
  const defaults = 'platform: eos';
  return [
    { defaults, hosts: `leaf1:\n  port: 22\n  ${line}\n` },
    { defaults, hosts: `leaf1:\n  port: 22\n  ${line}` },
    { defaults, hosts: `leaf1:\n  port: 22\n  ${line}\nleaf2:\n  port: 22\n` },
    { defaults, hosts: `leaf1: {port: 22, ${line}}` },
    { defaults, hosts: 'leaf1: {groups: [fabric]}', groups: `fabric:\n  port: 22\n  ${line}\n` },
    { defaults, hosts: 'leaf1: {groups: [fabric]}', groups: `fabric: {port: 22, ${line}}` },
    { hosts: OK, defaults: `port: 22\n${line}\n` },
  ];
}

describe('S-63 a secret never stands in what is said of a malformed inventory', () => {
  for (const [what, lines] of [
    ['a password that is no plain text to YAML', PASSWORDS.map((value) => `password: ${value}`)],
    ['a secret in the place of something else', SETTINGS],
  ] as const) {
    test(what, () => {
      for (const line of lines) {
        const told = everywhere(line).map((files) => hidden(files));
        assert.ok(
          told.some((message) => message !== undefined),
          line,
        );
      }
    });
  }

  test('what is wrong is said all the same, with its line and column', () => {
    for (const [value, words] of [
      [`*${CANARY}`, /^hosts: an alias \(\*\) has no anchor .* \(line 3\)$/m],
      [`!${CANARY}`, /^hosts: a tag \(!\) is not known .* \(line 3, column 13\)$/m],
      [`|${CANARY}`, /^hosts: something stands where it cannot .* \(line 3, column 14\)$/m],
      [`"${CANARY}`, /^hosts: a character is missing, .*closing quote.* \(line 3, column \d+\)$/m],
      ['0123456789', /^hosts: quote this word or number, .* \(line 3\)$/m],
    ] as const) {
      const hosts = `leaf1:\n  platform: eos\n  password: ${value}`;
      assert.match(hidden({ hosts }) ?? '', words);
    }
  });

  test('numbers that YAML 1.1 reads otherwise, are too large, or no text', () => {
    for (const secret of ['0123456789', '-0123', '1e99999', '1234567890123456789012', '0x1234567', '.inf']) {
      const message = hidden({ hosts: `leaf1: {platform: eos, password: ${secret}}` }, secret);
      assert.match(message ?? '', /^hosts/);
    }
  });

  test('names that are no names', () => {
    for (const name of [`${CANARY} x`, `"${CANARY}\\n"`, `naas:${CANARY}`, `"${CANARY.repeat(20)}"`]) {
      assert.match(hidden({ hosts: `\n${name}: {platform: eos}` }) ?? '', /line 2/);
      assert.match(
        hidden({ hosts: OK, groups: `\n${name}: x` }) ?? '',
        /^groups \(line 2\): must be a mapping/,
      );
      assert.match(hidden({ hosts: OK, groups: `${name}: {groups: [${name}]}` }) ?? '', /is a cycle/);
    }
  });

  test('wherever characters are put in, taken out or changed', () => {
    const whole = [
      'leaf1:',
      '  hostname: 192.0.2.1',
      '  username: naas',
      `  password: ${CANARY}`,
      '  platform: eos',
      `  connection_options: {ssh: {password: "${CANARY}", extras: {private_key: ${JSON.stringify(LINES)}}}}`,
      '  data:',
      `    community: '${CANARY}'`,
      '    naas: {ports: ["1-4"], mode: enforce}',
      '',
    ].join('\n');
    const change = fc.record({
      at: fc.nat(whole.length - 1),
      cut: fc.nat(3),
      put: fc.string({ unit: fc.constantFrom(...' \n\t:#,&*!|>\'"%@`[]{}?-<\\0x~='), maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        hidden({
          hosts: changes.reduce(
            (left, { at, cut, put }) => left.slice(0, at) + put + left.slice(at + cut),
            whole,
          ),
        });
      }),
      { numRuns: 1_000, seed: 63 },
    );
  });
});
