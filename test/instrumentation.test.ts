import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { TracerProvider } from '@opentelemetry/api';
import { SynfinError } from '../src/errors.ts';
import { SynfinInstrumentation, type SynfinInstrumentationConfig } from '../src/instrumentation.ts';
import { start } from '../src/start.ts';

const running = () => Reflect.get(globalThis, Symbol.for('synfin')) as { agent: { telemetry: object } } | undefined;
const provider = (): TracerProvider => ({ getTracer: () => assert.fail('no connection is made here') });

afterEach(() => start().close());

describe('SynfinInstrumentation', () => {
  it('enabled in the constructor, ended by disable(), begun anew by enable()', () => {
    const one = new SynfinInstrumentation();
    assert.ok(running());
    one.disable();
    assert.equal(running(), undefined);
    one.enable();
    assert.ok(running());
  });

  it('two of them share an agent, which ends with the last', () => {
    const [one, other] = [new SynfinInstrumentation(), new SynfinInstrumentation()];
    const agent = running();
    one.disable();
    assert.equal(running(), agent);
    other.disable();
    assert.equal(running(), undefined);
  });

  it('an agent that start() began outlives them', () => {
    const agent = start();
    new SynfinInstrumentation().disable();
    assert.equal(running(), agent);
  });

  it('an agent that was closed in the meantime is begun anew', async () => {
    const one = new SynfinInstrumentation();
    await start().close();
    one.enable();
    assert.ok(running());
  });

  it("a second one without a provider leaves the first one's, and takes back only its own", () => {
    const one = new SynfinInstrumentation();
    const mine = provider();
    one.setTracerProvider(mine);
    const spans = () =>
      Reflect.get(Reflect.get(running() ?? {}, 'agent') as object, 'telemetry') as { ownProvider: unknown };
    assert.equal(spans().ownProvider, mine);
    const other = new SynfinInstrumentation();
    other.setTracerProvider(provider());
    one.setTracerProvider(mine);
    other.disable();
    assert.equal(spans().ownProvider, mine);
  });

  it('{ enabled: false } → nothing, not even when it is enabled', () => {
    new SynfinInstrumentation({ enabled: false }).enable();
    assert.equal(running(), undefined);
  });

  for (const [what, config] of [
    ['an unknown option', { nonsense: 1 }],
    ['a wrong option', { maxSpansPerSecond: 0 }],
    ['a hook that is no function', { connectionHook: true }],
    ['requireParentSpan that is no boolean', { requireParentSpan: 'yes' }],
  ] as const)
    it(`${what} → SYNFIN_BAD_OPTION, from the constructor and from setConfig`, () => {
      const wrong = config as unknown as SynfinInstrumentationConfig;
      const isBad = (error: unknown) => error instanceof SynfinError && error.code === 'SYNFIN_BAD_OPTION';
      assert.throws(() => new SynfinInstrumentation(wrong), isBad);
      assert.throws(() => new SynfinInstrumentation().setConfig(wrong), isBad);
    });
});

describe('a handle that was closed', () => {
  it('closing it again leaves the agent that came after it', async () => {
    const first = start();
    await first.close();
    const second = start();
    await first.close();
    assert.equal(start(), second);
  });
});
