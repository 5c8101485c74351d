import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { context, type SpanContext, trace } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { type Lifecycle, newLifecycle } from '../../src/connection/lifecycle.ts';
import { type ExplainedFinding, explain } from '../../src/explain/explain.ts';
import { instant, type SocketCookie } from '../../src/tcp/identity.ts';
import { FindingLog } from '../../src/telemetry/finding-log.ts';
import { type LoggerProvider as Given, type LogRecord, OtelLogger } from '../../src/telemetry/otel-logger.ts';
import { WallClock } from '../../src/telemetry/wall-clock.ts';
import { finding, sampled } from '../explain/findings.ts';

/** Where an API of 1.10 keeps what an SDK of the 3.x line registers. */
const api = Symbol.for('opentelemetry.js.api.1');
const globals = globalThis as unknown as Record<symbol, { logs?: Given } | undefined>;

const span: SpanContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
const one = explain(finding());
const changed = explain(finding({ status: 'changed', count: 6 }));
const emptied = explain(finding({ status: 'changed', count: 0, sample: [] }));
const cleared = explain(finding({ status: 'cleared', count: 0, sample: [] }));

/** A moment of the monotonic clock, and what the wall clock shows then. */
const moment = instant(5_000_000);
const wallSeconds = 1_767_225_600;

function made(enabled = true) {
  const faults: unknown[] = [];
  let asked = 0;
  const clock = new WallClock({
    monotonic: () => moment,
    wall: () => wallSeconds * 1000,
    origin: wallSeconds * 1000,
    originMonotonic: moment,
  });
  const logger = new OtelLogger({ version: '1.2.3', enabled });
  const log = new FindingLog({
    logger,
    clock: () => clock,
    now: () => moment,
    handshakeOf: (connection) => (connection === leaking ? span : undefined),
    fault: (_where, error) => void faults.push(error),
  });
  /** After a look: what there is to tell, what is open, and the connections that are not well. */
  const look = (told: readonly ExplainedFinding[], now = told, among: readonly Lifecycle[] = [leaking]) => {
    const open = () => {
      asked++;
      return now;
    };
    log.look({ told, open, among });
  };
  return { faults, logger, look, asked: () => asked };
}

const sample = sampled(1);
const leaking = newLifecycle(
  undefined,
  { cookie: sample.connection_id as SocketCookie },
  moment,
  'sock_diag',
  'close_wait',
);

/** An SDK of the 2.x line, and the records that came to it. */
function sdk() {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
  const events = () => exporter.getFinishedLogRecords().map(({ eventName }) => eventName);
  return { provider, events, records: () => exporter.getFinishedLogRecords() };
}

/** Any other provider, and what it was given. */
function taking() {
  const taken: LogRecord[] = [];
  const provider: Given = { getLogger: () => ({ emit: (record) => void taken.push(record) }) };
  return { provider, taken };
}

let before: (typeof globals)[symbol];
beforeEach(() => {
  before = globals[api];
});
afterEach(() => {
  logs.disable();
  trace.disable();
  globals[api] = before;
});

const detected = 'synfin.tcp.connection.leak.detected';
const resolved = 'synfin.tcp.connection.leak.resolved';

describe('the log record of a finding', () => {
  it('when it is raised: event, severity, time, words, and the context of the handshake', () => {
    trace.setGlobalTracerProvider({ getTracer: () => assert.fail('no span is made here') });
    const there = sdk();
    logs.setGlobalLoggerProvider(there.provider);
    const { look, faults } = made();
    look([one]);
    assert.deepEqual(faults, []);
    const [record, ...more] = there.records();
    assert.ok(record && more.length === 0);
    assert.deepEqual([record.eventName, record.severityNumber, record.severityText], [detected, 13, 'WARN']);
    assert.deepEqual(record.hrTime, [wallSeconds, 0]);
    assert.equal(record.body, one.message);
    assert.deepEqual(record.spanContext, span);
    assert.deepEqual([record.instrumentationScope.name, record.instrumentationScope.version], ['synfin', '1.2.3']);
    const { attributes } = record;
    assert.deepEqual(
      [attributes['synfin.finding.id'], attributes['synfin.connection.id'], attributes['code.line.number']],
      [one.id, sample.connection_id, 7],
    );
    assert.deepEqual(
      [attributes['network.connection.state'], attributes['synfin.leak.age']],
      ['close_wait', sample.age_s],
    );
  });

  it('once each: raised, changed, cleared; the end is INFO, and names the same connection and trace', () => {
    trace.setGlobalTracerProvider({ getTracer: () => assert.fail('no span is made here') });
    const there = sdk();
    logs.setGlobalLoggerProvider(there.provider);
    const { look } = made();
    look([one]);
    look([], [one]);
    look([changed]);
    look([emptied], [emptied], []);
    look([cleared], [], []);
    look([cleared], [], []);
    look([], []);
    assert.deepEqual(there.events(), [detected, detected, detected, resolved]);
    const end = there.records().at(-1);
    assert.deepEqual([end?.severityNumber, end?.severityText, end?.body], [9, 'INFO', cleared.message]);
    assert.deepEqual(end?.spanContext, span);
    assert.deepEqual(
      [end?.attributes['synfin.connection.id'], end?.attributes['synfin.finding.status']],
      [sample.connection_id, 'cleared'],
    );
    assert.ok(end && !('network.connection.state' in end.attributes) && !('synfin.leak.age' in end.attributes));
  });

  it('its connection is over since the look → the trace as before; another one is the oldest → not that trace', () => {
    trace.setGlobalTracerProvider({ getTracer: () => assert.fail('no span is made here') });
    const there = sdk();
    logs.setGlobalLoggerProvider(there.provider);
    const { look } = made();
    look([one]);
    look([changed], [changed], []);
    look([explain(finding({ status: 'changed', sample: [sampled(2)] }))], [], []);
    assert.deepEqual(
      there.records().map(({ spanContext }) => spanContext),
      [span, span, undefined],
    );
  });

  it('of a connection without a span: no context but the root, whatever is active', () => {
    const active = trace.setSpanContext(context.active(), span);
    trace.setGlobalTracerProvider({ getTracer: () => assert.fail('no span is made here') });
    const there = sdk();
    logs.setGlobalLoggerProvider(there.provider);
    const { look } = made();
    context.with(active, () => look([one], [one], []));
    assert.deepEqual(
      there.records().map(({ spanContext }) => spanContext),
      [undefined],
    );
  });

  it('a provider that throws is a fault, told once of each finding', () => {
    const { look, logger, faults } = made();
    logger.setLoggerProvider({
      getLogger: () => {
        throw new Error('broken');
      },
    });
    look([one]);
    look([], [one]);
    assert.equal(faults.length, 1);
  });

  it('a provider of the application’s own whose promise is rejected: likewise, and the process goes on', async () => {
    const { look, logger, faults } = made();
    logger.setLoggerProvider({ getLogger: () => ({ emit: () => Promise.reject(new Error('broken')) }) });
    look([one]);
    await setImmediate();
    assert.deepEqual(faults.map(String), ['Error: broken']);
  });

  it('OTEL_SDK_DISABLED → none', () => {
    const there = sdk();
    logs.setGlobalLoggerProvider(there.provider);
    const { look, logger } = made(false);
    logger.setLoggerProvider(there.provider);
    look([one]);
    assert.deepEqual([logger.isHeard, there.events()], [false, []]);
  });
});

describe('an SDK that comes late', () => {
  it('is told once, at the next look, of what is still open', () => {
    const { look } = made();
    const other = explain(finding({ id: 'close_wait_leak-4711-2' }));
    look([one, other]);
    const there = sdk();
    logs.setGlobalLoggerProvider(there.provider);
    look([], [changed, other]);
    look([], [changed, other]);
    assert.deepEqual(
      there.records().map(({ attributes }) => [attributes['synfin.finding.id'], attributes['synfin.finding.affected']]),
      [
        [changed.id, 6],
        [other.id, 3],
      ],
    );
  });

  it('is told nothing of what is over, nor of its end', () => {
    const { look } = made();
    look([one]);
    const there = sdk();
    logs.setGlobalLoggerProvider(there.provider);
    look([cleared], []);
    look([], []);
    assert.deepEqual(there.events(), []);
  });

  it('is not told of a leak that has no connection left, unless it comes back', () => {
    const { look } = made();
    look([one]);
    const there = sdk();
    logs.setGlobalLoggerProvider(there.provider);
    look([emptied], [emptied]);
    assert.deepEqual(there.events(), []);
    look([], [one]);
    assert.deepEqual(there.events(), [detected]);
  });

  it('open findings are put into words only where somebody hears, and has not heard of one', () => {
    const { look, logger, asked } = made();
    look([one]);
    look([], [one]);
    look([cleared], []);
    look([], []);
    assert.equal(asked(), 0, 'nobody hears');
    logger.setLoggerProvider(taking().provider);
    look([], []);
    assert.equal(asked(), 0, 'it was over before');
    look([explain(finding({ id: 'close_wait_leak-4711-2' }))]);
    assert.equal(asked(), 1);
    look([], [one]);
    assert.equal(asked(), 1, 'it was told');
  });
});

describe('which provider', () => {
  it('that of either logs API', () => {
    const [newer, older] = [taking(), sdk()];
    const { look, faults } = made();
    globals[api] = { logs: newer.provider };
    look([one]);
    globals[api] = undefined;
    logs.setGlobalLoggerProvider(older.provider);
    look([changed]);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      [newer.taken.map(({ body }) => body), older.records().map(({ body }) => body)],
      [[one.message], [changed.message]],
    );
  });

  it('both registered → one record', () => {
    const [newer, older] = [taking(), sdk()];
    globals[api] = { logs: newer.provider };
    logs.setGlobalLoggerProvider(older.provider);
    made().look([one]);
    assert.deepEqual([newer.taken.length, older.events().length], [1, 0]);
  });

  it('the one that was handed over comes first', () => {
    const [given, registered] = [sdk(), sdk()];
    logs.setGlobalLoggerProvider(registered.provider);
    const { look, logger } = made();
    logger.setLoggerProvider(given.provider);
    look([one]);
    logger.setLoggerProvider(undefined);
    look([changed]);
    assert.deepEqual([given.events().length, registered.events().length], [1, 1]);
  });

  it('a proxy that leads nowhere yet, as NodeSDK hands over → nobody; then the SDK behind it', () => {
    const { look, logger } = made();
    logger.setLoggerProvider(logs.getLoggerProvider() as Given);
    assert.equal(logger.isHeard, false);
    look([one]);
    const there = sdk();
    logs.setGlobalLoggerProvider(there.provider);
    assert.equal(logger.isHeard, true);
    look([], [one]);
    assert.deepEqual(there.events(), [detected]);
  });

  it('a proxy that leads nowhere for ever → the one that is registered', () => {
    const { look, logger } = made();
    logger.setLoggerProvider(logs.getLoggerProvider() as Given);
    // Of another copy of the API: the proxy never hears of it.
    const { taken, provider } = taking();
    globals[api] = { logs: provider };
    look([one]);
    assert.equal(taken.length, 1);
  });

  it('an SDK goes, and another one comes → it hears what happens from then on', () => {
    const [first, second] = [sdk(), sdk()];
    const { look } = made();
    logs.setGlobalLoggerProvider(first.provider);
    look([one]);
    logs.disable();
    look([], [one]);
    logs.setGlobalLoggerProvider(second.provider);
    look([], [one]);
    look([changed]);
    assert.deepEqual([first.events().length, second.records().map(({ body }) => body)], [1, [changed.message]]);
  });
});
