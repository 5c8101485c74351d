import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { version } from '../../src/version.ts';
import { run } from '../system/run.ts';
import { assertWell, esm } from './app.ts';
import { Receiver, type Row, receiverNeeds } from './receiver.ts';

for (const protocol of ['http/json', 'http/protobuf', 'grpc'] as const)
  describe(`what a receiver that others wrote has got by ${protocol}`, { skip: receiverNeeds }, () => {
    let receiver: Receiver;
    let rows: readonly Row[];

    before(async () => {
      receiver = await Receiver.listening();
      const port = protocol === 'grpc' ? receiver.grpcPort : receiver.httpPort;
      const env = {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
      };
      const { code, stderr } = await run([resolve('apps/received.mjs'), protocol], { env });
      assert.deepEqual([code, stderr], [0, '']);
      rows = receiver.spans();
    });
    after(() => receiver.close());

    const ours = () => rows.filter(({ scope }) => scope.name === 'synfin');
    const named = (name: string, role?: string) =>
      ours().filter(
        (row) => row.name === name && (role ?? row.attributes['synfin.tcp.role']) === row.attributes['synfin.tcp.role'],
      );
    const parentOf = (row: Row) => rows.find(({ span_id }) => span_id === row.parent_span_id);

    it('scope and kind', () => {
      assert.deepEqual(
        [named('tcp.handshake', 'client'), named('tcp.handshake', 'server'), named('tcp.teardown')].map(
          ({ length }) => length,
        ),
        [3, 2, 4],
      );
      for (const { scope, kind } of ours()) assert.deepEqual([scope, kind], [{ name: 'synfin', version }, 'INTERNAL']);
    });

    it('parents: the span that connect() was called under; the rest are roots', () => {
      const parents = named('tcp.handshake', 'client').map((row) => parentOf(row)?.name);
      assert.deepEqual(parents.sort(), ['GET', 'fetch, kept alive', 'refused']);
      for (const row of [...named('tcp.handshake', 'server'), ...named('tcp.teardown')])
        assert.equal(row.parent_span_id, null);
      for (const row of named('tcp.handshake', 'client')) assert.equal(row.trace_id, parentOf(row)?.trace_id);
    });

    it("links: each teardown to its connection's handshake", () => {
      for (const teardown of named('tcp.teardown')) {
        const [link, ...more] = teardown.links;
        const handshake = named('tcp.handshake').find(({ span_id }) => span_id === link?.spanId);
        assert.ok(handshake && more.length === 0);
        assert.equal(link?.traceId, handshake.trace_id);
        for (const name of ['synfin.connection.id', 'synfin.tcp.role', 'network.local.port'])
          assert.equal(teardown.attributes[name], handshake.attributes[name], name);
      }
    });

    it('links: each request to the connection that served it, the second one reused', () => {
      const requests = rows.filter(({ kind, name }) => kind === 'CLIENT' && name === 'GET');
      assert.equal(requests.length, 4);
      const served = requests.map(({ links, attributes }) => {
        const [link] = links;
        const handshake = named('tcp.handshake', 'client').find(({ span_id }) => span_id === link?.spanId);
        assert.ok(handshake);
        const reused = attributes['synfin.connection.reused'];
        assert.equal(attributes['synfin.connection.id'], handshake.attributes['synfin.connection.id']);
        assert.equal(link?.attributes?.['synfin.connection.reused'], reused);
        assert.equal(Number(attributes['synfin.connection.age']) > 0, reused);
        assert.ok(Number(attributes['synfin.tcp.rtt']) > 0);
        return reused;
      });
      assert.deepEqual(served.sort(), [false, false, true, true]);
    });

    it('times: with fractions of a millisecond, the events within their span', () => {
      const fractions = ours().map(({ start_time }) => start_time % 1);
      assert.ok(fractions.some((fraction) => fraction > 0));
      // SQLite's doubles have a quarter of a microsecond.
      const slack = 0.001;
      for (const { name, start_time, end_time, events } of ours()) {
        assert.ok(start_time <= end_time && events.length > 0, name);
        for (const event of events)
          assert.ok(event.timestamp >= start_time - slack && event.timestamp <= end_time + slack, event.name);
      }
    });

    it('a leak: a record in the trace of its handshake, and the metrics', async () => {
      const port = protocol === 'grpc' ? receiver.grpcPort : receiver.httpPort;
      const env = {
        ...{ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_EXPORTER_OTLP_PROTOCOL: protocol },
        ...{ OTEL_LOGS_EXPORTER: 'otlp', OTEL_METRICS_EXPORTER: 'otlp' },
        ...{ SYNFIN_INTERVAL_MS: '100', SYNFIN_CLOSE_WAIT_MS: '300', SYNFIN_FINDINGS: 'off' },
      };
      assertWell(await run([esm, 'synfin', 'leak'], { env, limitMs: 60_000 }));
      const [record, ...more] = receiver.logs();
      assert.ok(record && more.length === 0);
      assert.deepEqual([record.severity_text, record.severity_number], ['WARN', 13]);
      assert.match(record.body_text, /CLOSE_WAIT/);
      const handshake = receiver.spans().find(({ span_id }) => span_id === record.span_id);
      assert.deepEqual([handshake?.name, handshake?.trace_id], ['tcp.handshake', record.trace_id]);
      for (const name of ['synfin.connection.id', 'network.local.port', 'server.port'])
        assert.equal(record.attributes[name], handshake?.attributes[name], name);
      assert.deepEqual(receiver.metric('synfin.finding.count'), [1]);
      assert.deepEqual(receiver.metric('synfin.tcp.connection.leaks'), [1]);
    });

    it('attributes and status: an error on what failed, none on what went well', () => {
      const [failed, ...more] = ours().filter(({ status_code }) => status_code === 'ERROR');
      assert.ok(failed && more.length === 0);
      assert.equal(failed.attributes['error.type'], 'ECONNREFUSED');
      for (const row of ours()) {
        assert.equal(row.attributes['network.transport'], 'tcp');
        if (row !== failed) assert.deepEqual([row.status_code, row.attributes['error.type']], ['UNSET', undefined]);
      }
    });
  });
