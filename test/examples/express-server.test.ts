import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';
import type { Finding } from '../../src/index.ts';
import { OtlpReceiver, type ReceivedSpan } from '../system/otlp-receiver.ts';
import { type Ended, kernelNeeds } from '../system/run.ts';
import { comparable, Readme } from './readme-commands.ts';
import { get, Service } from './service.ts';

const readme = new Readme('express-server');
const [upstreamCommand, serverCommand] = readme.commands('node');
const curled = readme.commands('curl').map(({ words }) => new URL(words[1] ?? ''));
assert.ok(upstreamCommand && serverCommand && curled.length > 0);

/** Any free ports instead of the README's. */
const anyPorts = { PORT: '0', INTERNAL_PORT: '0' };

describe('examples/express-server, as its README has it', () => {
  let upstream: Service;
  before(async () => {
    upstream = await Service.listening(
      upstreamCommand.words.slice(1),
      { ...upstreamCommand.env, ...anyPorts },
      'upstream',
    );
  });
  after(async () => {
    assert.equal((await upstream.terminate()).code, 0);
  });

  const start = (env: Readonly<Record<string, string>>) => {
    const UPSTREAM = upstream.printed('upstream') ?? '';
    return Service.listening(
      serverCommand.words.slice(1),
      { ...serverCommand.env, ...anyPorts, UPSTREAM, ...env },
      'internal',
    );
  };

  it('node …/server.mjs → an answer to every curl, spans on the console, exit code 0', async () => {
    const service = await start({});
    for (const { port, pathname } of curled) {
      const ours = service.printed(port === '3000' ? 'service' : 'internal');
      const { status, body } = await get(ours + pathname);
      assert.equal(status, 200, pathname);
      if (pathname === '/forgotten') assert.ok(readme.text.includes(body), body);
      if (pathname === '/orders/7') assert.deepEqual(JSON.parse(body), { id: '7', bytes: 2000 });
    }
    const { code, stdout } = await service.terminate();
    assert.equal(code, 0);
    assert.match(stdout, /name: 'tcp\.handshake'/);
  });

  describe('with a collector, until SIGTERM', { skip: kernelNeeds }, () => {
    let receiver: OtlpReceiver;
    let ended: Ended;
    let idlePort: number | undefined;
    let findings: Finding[];
    let connections: { readonly id: string; readonly state: string }[];

    before(async () => {
      receiver = await OtlpReceiver.listening();
      const service = await start({ ...receiver.environment, OTEL_TRACES_EXPORTER: 'otlp' });
      const idle = new http.Agent({ keepAlive: true });
      await get(`${service.printed('service')}/forgotten`);
      await get(`${service.printed('service')}/orders/7`);
      await service.program.waitFor('the finding', ({ stderr }) => /^ {2}socket .*\n/m.test(stderr) || undefined);
      findings = JSON.parse((await get(`${service.printed('internal')}/findings`)).body);
      connections = JSON.parse((await get(`${service.printed('internal')}/connections`)).body);
      idlePort = (await get(`${service.printed('service')}/health`, idle)).from;
      ended = await service.terminate();
      idle.destroy();
    });
    after(() => receiver.close());

    const spans = (name: string, role?: string) =>
      receiver.spans.filter((span) => span.name === name && (!role || span.attributes['synfin.tcp.role'] === role));
    const only = (name: string): ReceivedSpan => {
      const [span, ...others] = spans(name);
      assert.ok(span && others.length === 0, name);
      return span;
    };

    it('GET /forgotten → the finding that the README shows, and nothing else on stderr', () => {
      // How far Node had read before it stopped is not the same each time.
      const told = (text: string) => text.replace(/\(FIN\), nor read N B/, '(FIN)');
      assert.equal(told(comparable(ended.stderr)), told(readme.captured('finding')));
    });

    it('GET /findings → the line of the fetch() that was forgotten, and the trace of its request', () => {
      const [finding] = findings;
      assert.deepEqual(
        [findings.length, finding?.kind, finding?.cause],
        [1, 'close_wait_leak', 'fetch_body_not_consumed'],
      );
      const [sample] = finding?.sample ?? [];
      const [, line] = /^checkDocument \(.*app\.mjs:(\d+):\d+\)$/.exec(sample?.call_site[0] ?? '') ?? [];
      const code = readFileSync('examples/express-server/app.mjs', 'utf8').split('\n');
      assert.match(code[Number(line) - 1] ?? '', /await fetch\(/);
      assert.equal(sample?.trace_id, only('GET /forgotten').traceId);
      assert.equal(connections.find(({ id }) => id === sample?.connection_id)?.state, 'close_wait');
    });

    it('tcp.handshake → towards the upstream a child of the request; of an accepted connection a root', () => {
      const requests = [only('GET /forgotten'), only('GET /orders/7')];
      const parents = spans('tcp.handshake', 'client').map(({ parentSpanId }) => parentSpanId);
      assert.deepEqual(
        parents,
        requests.map(({ spanId }) => spanId),
      );
      for (const { parentSpanId } of spans('tcp.handshake', 'server')) assert.equal(parentSpanId, undefined);
    });

    it('tcp.teardown → a root that links to its handshake; the forgotten connection has none', () => {
      const handshakes = new Map(spans('tcp.handshake').map((span) => [span.spanId, span]));
      for (const teardown of spans('tcp.teardown')) {
        const handshake = handshakes.get(teardown.links[0]?.spanId ?? '');
        assert.equal(handshake?.attributes['synfin.connection.id'], teardown.attributes['synfin.connection.id']);
        assert.equal(teardown.parentSpanId, undefined);
        handshakes.delete(handshake?.spanId ?? '');
      }
      const open = [...handshakes.values()].map(({ attributes }) => attributes['synfin.connection.id']);
      assert.deepEqual(open, [findings[0]?.sample[0]?.connection_id]);
    });

    it('SIGTERM → exit code 0, and the idle connection that it closed has its span too', () => {
      assert.deepEqual([ended.code, ended.signal], [0, null]);
      const idle = spans('tcp.teardown').find(({ attributes }) => attributes['client.port'] === idlePort);
      assert.equal(idle?.attributes['synfin.tcp.close.initiator'], 'local');
      assert.match(ended.stdout, /^bye\n/m);
    });
  });
});
