import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kubectl } from '../support/kubectl.ts';
import { assertRefused, INTERFACES, request, type InterfaceApi } from './interface-api.ts';
import { COMMAND_LINE, CONTROL_CHARACTERS } from './interface-cases.ts';

/** Cases of the security review that the schema alone must stop: it is there when a webhook is not. */
export function securityCases({ controlPlane, admin, dryRun, create }: InterfaceApi): void {
  describe('security cases that the schema of Interface stops', () => {
    for (const [name, character] of Object.entries(CONTROL_CHARACTERS)) {
      it(`S-01 ${name} in stp, description, device name and port`, async () => {
        const text = `portfast${character}username evil privilege 15 secret evil`;
        for (const [field, service] of Object.entries({
          '.stp': { stp: text },
          '.description': { description: text },
          '.devicename': { devicename: `deviceA${character}b` },
          '.ports[0]': { ports: [`1${character}2`] },
        })) {
          assertRefused(
            await dryRun(request('s-01', service)),
            `spec.services[0]${field}`,
            /should match|Unsupported value/,
          );
          // A pattern whose $ stops before a last line feed would let this pass.
          const last = Object.fromEntries(
            Object.keys(service).map((key) => [
              key,
              key === 'ports' ? [`1${character}`] : `${key === 'stp' ? 'portfast' : 'a'}${character}`,
            ]),
          );
          assertRefused(
            await dryRun(request('s-01', last)),
            `spec.services[0]${field}`,
            /should match|Unsupported value/,
          );
        }
      });
    }

    for (const text of COMMAND_LINE) {
      it(`S-02 ${JSON.stringify(text)} in a description or as stp`, async () => {
        assertRefused(
          await dryRun(request('s-02', { description: text })),
          'spec.services[0].description',
          'should match',
        );
        assertRefused(
          await dryRun(request('s-02', { stp: text })),
          'spec.services[0].stp',
          'Unsupported value',
        );
      });
    }

    it('S-02 a command word is a description like any other, and nothing else', async () => {
      // `description end` is one argument on the switch; as stp the same word is refused.
      assert.equal((await dryRun(request('s-02', { description: 'configure replace' }))).status, 201);
      assertRefused(
        await dryRun(request('s-02', { stp: 'end' })),
        'spec.services[0].stp',
        'Unsupported value',
      );
    });

    for (const range of ['1-999999999', '0-4294967295', '1-10000', '99999999999999999999']) {
      it(`S-06 the range ${range} is refused by its length alone`, async () => {
        const started = performance.now();
        assertRefused(
          await dryRun(request('s-06', { ports: [range] })),
          'spec.services[0].ports[0]',
          'should match',
        );
        // Expanding it would take longer than that, and memory without end.
        assert.ok(performance.now() - started < 3000);
      });
    }

    for (const range of ['1--5', '1-', '-', '-5', '1-2-3', '1,3', '1-5,7', '1..5', '1/-2', '/1', '1//2']) {
      it(`S-08 the malformed range ${range}`, async () => {
        assertRefused(
          await dryRun(request('s-08', { ports: ['7', range] })),
          'spec.services[0].ports[1]',
          'should match',
        );
      });
    }

    for (const text of [
      '-1',
      '+1',
      '1.0',
      '1e1',
      '0x1',
      '0b1',
      '1_0',
      '',
      ' ',
      ' 1',
      '1 ',
      '1 - 5',
      'NaN',
      '010',
      '00',
    ]) {
      it(`S-09 the text ${JSON.stringify(text)} is no port`, async () => {
        assertRefused(
          await dryRun(request('s-09', { ports: [text] })),
          'spec.services[0].ports[0]',
          'should match',
        );
      });
    }

    for (const number of ['-1', '1.5', '10000', '4294967296', '1e99', '-0.5']) {
      it(`S-09 the number ${number} is no port`, async () => {
        const body = JSON.stringify(request('s-09', { ports: ['PORT'] })).replace('"PORT"', number);
        assertRefused(await dryRun(body), 'spec.services[0].ports[0]', /Invalid value/);
      });
    }

    it('S-09 the numbers 1.0 and 1e1 are the integers 1 and 10 from then on', async () => {
      const body = JSON.stringify(request('s-09-integral', { ports: ['PORTS'] })).replace(
        '"PORTS"',
        '1.0,1e1',
      );
      const { status, body: stored } = await admin('POST', INTERFACES, body);
      assert.equal(status, 201, stored.message);
      const text = await kubectl(controlPlane.kubeconfig, [
        'get',
        'intf/s-09-integral',
        '--output=jsonpath={.spec..ports}',
      ]);
      assert.equal(text.stdout, '[1,10]');
    });

    for (const [name, text] of Object.entries({
      'a fullwidth digit': '１',
      'an Arabic-Indic digit': '١',
      'a superscript': '¹',
      'a zero-width space': '1\u200b',
      'a right-to-left mark': '\u200f1',
      'a byte order mark': '\ufeff1',
      'a fullwidth hyphen': '1－5',
      'an en dash': '1–5',
    })) {
      it(`S-10 ${name} in a port`, async () => {
        assertRefused(
          await dryRun(request('s-10', { ports: [text] })),
          'spec.services[0].ports[0]',
          'should match',
        );
      });
    }

    for (const [name, text] of Object.entries({
      'a Cyrillic homoglyph': 'devic\u0435A',
      'a composed letter': 'devic\u00e9',
      'a decomposed letter': 'device\u0301',
      'a zero-width joiner': 'device\u200dA',
      'a Kelvin sign, whose lower case is k': 'swit\u212a',
      'a dotted capital I': 'dev\u0130ce',
    })) {
      it(`S-10 ${name} in a device name or description`, async () => {
        assertRefused(
          await dryRun(request('s-10', { devicename: text })),
          'spec.services[0].devicename',
          'should match',
        );
        assertRefused(
          await dryRun(request('s-10', { description: text })),
          'spec.services[0].description',
          'should match',
        );
      });
    }

    for (const field of [
      'annotations',
      'template',
      'order',
      'owner',
      'namespace',
      '__proto__',
      'constructor',
      'prototype',
    ]) {
      it(`S-16 the unknown field ${field} is told to kubectl and never stored`, async () => {
        const name = `s-16-${field.replaceAll('_', '')}`;
        // Built as text: an object literal would set the prototype.
        const body = JSON.stringify(request(name, { MARK: 1 }))
          .replace('"MARK":1', `${JSON.stringify(field)}:{"x":"evil"}`)
          .replace('"spec":{', `"spec":{${JSON.stringify(field)}:{"x":"evil"},`);
        const strict = await admin('POST', `${INTERFACES}?dryRun=All&fieldValidation=Strict`, body);
        assert.equal(strict.status, 400);
        assert.match(strict.body.message, new RegExp(`unknown field "spec\\.${field}"`));
        assert.match(strict.body.message, new RegExp(`unknown field "spec\\.services\\[0\\]\\.${field}"`));

        const stored = await create(body);
        assert.ok(!JSON.stringify(stored).includes('evil'));
        assert.deepEqual(Object.keys(stored.spec), ['services']);
        assert.deepEqual(Object.keys(stored.spec.services[0]).toSorted(), ['devicename', 'ports', 'vlan']);
      });
    }

    for (const vlan of [0, -1, 4095, 4096, 65536]) {
      it(`S-17 VLAN ${vlan}, wherever it is written`, async () => {
        const trunk = { trunk: true };
        assertRefused(await dryRun(request('s-17', { vlan })), 'spec.services[0].vlan', /Invalid value/);
        assertRefused(
          await dryRun(request('s-17', { ...trunk, nativeVlan: vlan })),
          'spec.services[0].nativeVlan',
          /Invalid/,
        );
        for (const item of [vlan, String(vlan), `1-${vlan}`, `${vlan}-4094`]) {
          assertRefused(
            await dryRun(request('s-17', { ...trunk, vlans: [item] })),
            'spec.services[0].vlans[0]',
            /Invalid value|Too long/,
          );
        }
      });
    }

    for (const value of [0, 1, 'no', 'false', 'true', '', 'off', [], {}]) {
      it(`S-19 ${JSON.stringify(value)} is neither true nor false`, async () => {
        for (const field of ['shutdown', 'trunk']) {
          const answer = await dryRun(request('s-19', { [field]: value }));
          assertRefused(answer, `spec.services[0].${field}`, 'must be of type boolean');
        }
      });
    }

    it('S-19 shutdown: false stays false', async () => {
      const stored = await create(request('s-19-false', { shutdown: false }));
      assert.equal(stored.spec.services[0].shutdown, false);
    });

    it('S-19 unquoted 010 arrives as 8, as the description of the field warns', async () => {
      const { code, stdout, stderr } = await kubectl(
        controlPlane.kubeconfig,
        ['create', '--dry-run=server', '--output=json', '-f', '-'],
        JSON.stringify(request('s-19-octal', { ports: ['PORT'] })).replace('"PORT"', ' 010 '),
      );
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout).spec.services[0].ports, [8]);
      const explained = await kubectl(controlPlane.kubeconfig, ['explain', 'interface.spec.services.ports']);
      assert.match(explained.stdout, /unquoted 010 as the number 8/);
    });

    it('S-19 text for a VLAN', async () => {
      assertRefused(
        await dryRun(request('s-19', { vlan: '10' })),
        'spec.services[0].vlan',
        'must be of type integer',
      );
    });
  });
}
