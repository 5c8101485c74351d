import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { metrics, type TracerProvider } from '@opentelemetry/api';
import { type LoggerProvider as ApiLoggerProvider, logs } from '@opentelemetry/api-logs';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { SynfinError } from '../src/errors.ts';
import { SynfinInstrumentation, type SynfinInstrumentationConfig } from '../src/instrumentation.ts';
import { start } from '../src/start.ts';
import type { LoggerProvider } from '../src/telemetry/otel-logger.ts';
import type { Telemetry } from '../src/telemetry/telemetry.ts';

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
    const isHeard = () => (running()?.agent.telemetry as Telemetry | undefined)?.isHeard;
    assert.equal(isHeard(), true);
    const other = new SynfinInstrumentation();
    other.setTracerProvider(provider());
    one.setTracerProvider(mine);
    other.disable();
    assert.equal(isHeard(), true);
    const last = new SynfinInstrumentation();
    one.disable();
    assert.equal(isHeard(), false, 'it took back its own');
    last.disable();
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

describe('the providers that an SDK hands over', () => {
  afterEach(() => {
    metrics.disable();
    logs.disable();
  });

  it('meters: measured there as long as it is enabled, and again', async () => {
    const [own, registered] = [meters(), meters()];
    metrics.setGlobalMeterProvider(registered.provider);
    const one = new SynfinInstrumentation();
    one.setMeterProvider(own.provider);
    leak();
    assert.deepEqual([await own.count(), await registered.count()], [1, undefined]);
    one.disable();
    start();
    leak();
    assert.deepEqual([await own.count(), await registered.count()], [1, 1]);
    one.enable();
    leak();
    // A provider that is new to what was counted is told all of it: two leaks of the agent that began in between.
    assert.deepEqual([await own.count(), await registered.count()], [3, 1]);
  });

  it('loggers: told there as long as it is enabled, and again', () => {
    const [own, registered] = [loggers(), loggers()];
    logs.setGlobalLoggerProvider(registered.provider as unknown as ApiLoggerProvider);
    const one = new SynfinInstrumentation();
    one.setLoggerProvider(own.provider);
    say('first');
    one.disable();
    assert.equal(running(), undefined);
    start();
    say('second');
    one.enable();
    say('third');
    assert.deepEqual([own.said, registered.said], [['first', 'third'], ['second']]);
  });

  it('Noop ones, which NodeSDK hands over before it has its own → those that are registered', async () => {
    const one = new SynfinInstrumentation();
    one.setMeterProvider(metrics.getMeterProvider());
    one.setLoggerProvider(logs.getLoggerProvider());
    const [measured, told] = [meters(), loggers()];
    metrics.setGlobalMeterProvider(measured.provider);
    logs.setGlobalLoggerProvider(told.provider as unknown as ApiLoggerProvider);
    leak();
    say('here');
    assert.deepEqual([await measured.count(), told.said], [1, ['here']]);
  });

  it('handed over while it is disabled → used when it is enabled', async () => {
    const [own, told] = [meters(), loggers()];
    const one = new SynfinInstrumentation();
    one.disable();
    one.setMeterProvider(own.provider);
    one.setLoggerProvider(told.provider);
    one.enable();
    leak();
    say('here');
    assert.deepEqual([await own.count(), told.said], [1, ['here']]);
  });

  it('of two instrumentations, each takes back only its own', async () => {
    const [first, second] = [new SynfinInstrumentation(), new SynfinInstrumentation()];
    const [firstMeters, secondMeters] = [meters(), meters()];
    const [firstLoggers, secondLoggers] = [loggers(), loggers()];
    first.setMeterProvider(firstMeters.provider);
    first.setLoggerProvider(firstLoggers.provider);
    second.setMeterProvider(secondMeters.provider);
    second.setLoggerProvider(secondLoggers.provider);
    first.disable();
    leak();
    say('here');
    assert.deepEqual([await firstMeters.count(), await secondMeters.count()], [undefined, 1]);
    assert.deepEqual([firstLoggers.said, secondLoggers.said], [[], ['here']]);
  });

  it('{ enabled: false } and OTEL_SDK_DISABLED → nothing reaches them', async () => {
    const [own, told] = [meters(), loggers()];
    for (const disabled of ['', 'true']) {
      if (disabled) process.env.OTEL_SDK_DISABLED = disabled;
      const one = new SynfinInstrumentation(disabled ? {} : { enabled: false });
      one.setMeterProvider(own.provider);
      one.setLoggerProvider(told.provider);
      if (disabled) leak();
      if (disabled) say('here');
      delete process.env.OTEL_SDK_DISABLED;
    }
    assert.deepEqual([await own.count(), told.said], [undefined, []]);
  });

  /** What the agent would tell, without waiting for a leak. */
  const telemetry = () => running()?.agent.telemetry as Telemetry;
  const leak = () => telemetry().destroyed('close_wait_leak', 'paused');
  const say = (body: string) =>
    telemetry().logger.emit({
      ...{ eventName: 'synfin.test', timestamp: [0, 0], severityNumber: 9, severityText: 'INFO' },
      ...{ body, attributes: {} },
    });

  function meters() {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({ readers: [reader] });
    const count = async () => {
      await provider.forceFlush();
      const all =
        exporter
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
      const told = all.find(({ descriptor }) => descriptor.name === 'synfin.tcp.connection.leak.destroyed');
      return told?.dataPoints[0]?.value;
    };
    return { provider, count };
  }

  function loggers() {
    const said: unknown[] = [];
    const provider: LoggerProvider = { getLogger: () => ({ emit: ({ body }) => void said.push(body) }) };
    return { provider, said };
  }
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
