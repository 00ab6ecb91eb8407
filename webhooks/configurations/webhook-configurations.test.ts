import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { ApiError } from '../../lib/kube/errors.ts';
import { silentLog } from '../../lib/kube/log.ts';
import type { ValidatingWebhookConfiguration } from '../../lib/kube/resources.ts';
import { configurationKeeper } from './configuration-keeper.ts';
import { CONFIGURATION, mutatingWebhooks, validatingWebhooks } from './webhook-configurations.ts';
import type { ValidatingWebhook } from './webhook-configurations.ts';

const CA = 'a certificate\n';
const AT = { namespace: 'naas-system', caBundle: CA };

test('webhooks.yaml says the same', async () => {
  const text = await readFile(new URL('../webhooks.yaml', import.meta.url), 'utf8');
  const documents = parseAllDocuments(text).map(
    (document) => document.toJS() as { kind: string; webhooks: unknown },
  );
  for (const [kind, webhooks] of [
    ['MutatingWebhookConfiguration', mutatingWebhooks(AT)],
    ['ValidatingWebhookConfiguration', validatingWebhooks(AT)],
  ] as const) {
    const stated = documents.find((document) => document.kind === kind);
    const expected = structuredClone(webhooks);
    for (const { clientConfig } of expected) delete clientConfig.caBundle;
    assert.deepEqual(stated?.webhooks, expected);
  }
});

test('S-31 S-33 S-37 there is no way around: Fail, every namespace and object, equivalent versions, no side effects in dry runs', () => {
  for (const webhook of [...mutatingWebhooks(AT), ...validatingWebhooks(AT)]) {
    assert.equal(webhook.failurePolicy, 'Fail');
    assert.equal(webhook.matchPolicy, 'Equivalent');
    assert.match(webhook.sideEffects, /^None(OnDryRun)?$/);
    assert.deepEqual(webhook.namespaceSelector, {});
    assert.deepEqual(webhook.objectSelector, {});
    assert.deepEqual(webhook.rules?.[0]?.operations, ['CREATE', 'UPDATE']);
    const [condition, ...more] = webhook.matchConditions ?? [];
    assert.match(
      condition?.expression ?? '',
      /^request\.operation == 'CREATE' \|\| object\.spec != oldObject\.spec( \|\| |$)/,
    );
    assert.deepEqual(more, []);
  }
});

test('a URL takes the place of the Service', () => {
  const [webhook] = validatingWebhooks({ ...AT, url: 'https://127.0.0.1:9443/' });
  assert.deepEqual(webhook?.clientConfig, {
    caBundle: Buffer.from(CA).toString('base64'),
    url: 'https://127.0.0.1:9443/validate',
  });
});

describe('the keeper', () => {
  const desired = validatingWebhooks(AT);
  function keep(
    answers: { get: () => unknown; replace?: () => unknown },
    wanted: ValidatingWebhook[] | undefined = desired,
  ) {
    const timers: { ms: number; run: () => void }[] = [];
    const clock = {
      now: () => 0,
      monotonic: () => 0,
      after(ms: number, run: () => void) {
        timers.push({ ms, run });
        return () => {};
      },
    };
    let changed = () => {};
    const replaced: unknown[] = [];
    let repairs = 0;
    const keeper = configurationKeeper<ValidatingWebhook, ValidatingWebhookConfiguration>({
      client: {
        get: async () => answers.get() as ValidatingWebhookConfiguration,
        async replace(object) {
          answers.replace?.();
          replaced.push(object);
          return object;
        },
      },
      informer: {
        store: { get: () => undefined, list: () => [], byIndex: () => [] },
        onChange: (tell) => void (changed = () => tell({ key: CONFIGURATION, initial: false })),
      },
      desired: () => wanted,
      log: silentLog,
      clock,
      onRepair: () => repairs++,
    });
    return { keeper, replaced, repairs: () => repairs, timers, changed: () => changed() };
  }
  const stored = (webhooks: unknown) => ({
    metadata: { name: CONFIGURATION, resourceVersion: '7' },
    webhooks,
  });
  const refuse = (code: number, reason: string) => () => {
    throw new ApiError(code, { reason, message: reason }, { call: 'test' });
  };

  test('writes nothing when all is right', async () => {
    const { keeper, replaced } = keep({ get: () => stored(structuredClone(desired)) });
    await keeper.repair();
    assert.deepEqual(replaced, []);
  });
  test('puts back what is wrong, on the version it has read', async () => {
    const { keeper, replaced, repairs } = keep({
      get: () => stored([{ ...desired[0], failurePolicy: 'Ignore' }]),
    });
    await keeper.repair();
    assert.deepEqual(replaced, [stored(desired)]);
    assert.equal(repairs(), 1);
  });
  test('starts again when someone else was faster', async () => {
    let tries = 0;
    const { keeper, replaced } = keep({
      get: () => stored([]),
      replace: () => (++tries < 3 ? refuse(409, 'Conflict')() : undefined),
    });
    await keeper.repair();
    assert.equal(replaced.length, 1);
  });
  test('leaves a deleted configuration alone', async () => {
    const { keeper, replaced } = keep({ get: refuse(404, 'NotFound') });
    await keeper.repair();
    assert.deepEqual(replaced, []);
    assert.equal(keeper.isRight(), false);
  });
  test('tells of a refusal', async () => {
    await assert.rejects(keep({ get: refuse(403, 'Forbidden') }).keeper.repair(), /Forbidden/);
  });
  test('tries again, less and less often, until it has put right what is wrong', async () => {
    let refusals = 8;
    const { keeper, replaced, timers } = keep({
      get: () => (refusals-- > 0 ? refuse(500, 'InternalError')() : stored([])),
    });
    const waits: number[] = [];
    await assert.rejects(keeper.repair(), /InternalError/);
    while (replaced.length === 0) {
      const timer = timers.shift();
      assert.ok(timer !== undefined, 'gave up');
      waits.push(timer.ms);
      timer.run();
      await setImmediate();
    }
    assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    assert.deepEqual(timers, []);
  });
  test('tries again also when others keep writing', async () => {
    const { keeper, timers } = keep({ get: () => stored([]), replace: refuse(409, 'Conflict') });
    await assert.rejects(keeper.repair(), /others keep writing/);
    assert.equal(timers.length, 1);
  });
  test('tries nothing again once it has stopped', async () => {
    const { keeper, timers, changed } = keep({ get: refuse(500, 'InternalError') });
    keeper.stop();
    await assert.rejects(keeper.repair(), /InternalError/);
    changed();
    assert.deepEqual(timers, []);
  });
  test('S-32 puts back what someone changes at once, but only once in half a second', async () => {
    const { replaced, timers, changed } = keep({ get: () => stored([]) });
    changed();
    changed();
    assert.deepEqual(
      timers.map(({ ms }) => ms),
      [0],
    );
    timers.shift()?.run();
    await setImmediate();
    assert.equal(replaced.length, 1);
    changed();
    assert.deepEqual(
      timers.map(({ ms }) => ms),
      [500],
    );
  });
});
