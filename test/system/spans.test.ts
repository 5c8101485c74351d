import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { version } from '../../src/version.ts';
import { OtlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';
import { fixture, kernelNeeds, run } from './run.ts';

type Side = 'client' | 'server';

/** How each case ends, as the kernel has it: for the side, the teardown's attributes and events that tell of it. */
const endings: readonly [string, Side, Readonly<Record<string, unknown>>, readonly string[]][] = [
  ['the client ends first', 'client', { initiator: 'local', type: 'fin', sent: 5 }, ['fin.sent', 'fin.received']],
  ['the client ends first', 'server', { initiator: 'remote', type: 'fin', received: 5 }, ['fin.received', 'fin.sent']],
  ['the server ends at once', 'server', { initiator: 'local', type: 'fin', sent: 8 }, ['fin.sent', 'fin.received']],
  ['the server ends first', 'client', { initiator: 'remote', type: 'fin', received: 13 }, ['fin.received', 'fin.sent']],
  ['the server ends first', 'server', { initiator: 'local', type: 'fin', sent: 13 }, ['fin.sent', 'fin.received']],
  ['the server resets', 'client', { initiator: 'remote', type: 'rst', error: 'ECONNRESET' }, ['rst.received']],
  ['the server resets', 'server', { initiator: 'local', type: 'rst' }, ['rst.sent']],
  ['destroyed with unread data', 'client', { initiator: 'remote', type: 'rst', error: 'ECONNRESET' }, ['rst.received']],
  ['destroyed with unread data', 'server', { initiator: 'local', type: 'rst', received: 17 }, ['rst.sent']],
];

describe('the spans of an application with `new NodeSDK({ instrumentations: [new SynfinInstrumentation()] })`', {
  skip: kernelNeeds,
}, () => {
  let spans: readonly ReceivedSpan[];
  let window: { from: number; to: number };
  let receiver: OtlpReceiver;

  before(async () => {
    receiver = await OtlpReceiver.listening();
    window = { from: Date.now(), to: 0 };
    const ended = await run([fixture('otel.mjs'), 'instrumentation'], { env: receiver.environment });
    window.to = Date.now();
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
    spans = receiver.spans;
  });
  after(() => receiver.close());

  const ours = () => spans.filter(({ name }) => name.startsWith('tcp.'));
  const find = (what: string, matches: (span: ReceivedSpan) => boolean): ReceivedSpan => {
    const [found, ...more] = spans.filter(matches);
    assert.ok(found && more.length === 0, `${found ? more.length + 1 : 'no'} spans for ${what}`);
    return found;
  };
  const handshakeOf = (name: string, side: Side): ReceivedSpan => {
    const scenario = find(name, (span) => span.name === name);
    const client = find(`${name}, client`, (span) => span.parentSpanId === scenario.spanId);
    if (side === 'client') return client;
    const port = client.attributes['network.local.port'];
    const isServer = ({ name, attributes }: ReceivedSpan) =>
      name === 'tcp.handshake' && attributes['client.port'] === port && attributes['synfin.tcp.role'] === 'server';
    return find(`${name}, server`, isServer);
  };
  const teardownOf = (name: string, side: Side): ReceivedSpan => {
    const { spanId } = handshakeOf(name, side);
    return find(`teardown of ${name}, ${side}`, ({ links }) => links.some((link) => link.spanId === spanId));
  };
  const segments = (span: ReceivedSpan) =>
    span.events
      .filter(({ name }) => name !== 'synfin.tcp.state.change')
      .sort((a, b) => Number(a.at - b.at))
      .map(({ name }) => name.replace('synfin.tcp.', ''));

  it('are two for each connection, INTERNAL, from the scope synfin with its version', () => {
    assert.deepEqual([...new Set(ours().map(({ name }) => name))].sort(), ['tcp.handshake', 'tcp.teardown']);
    for (const { kind, scope } of ours()) {
      assert.equal(kind, 1);
      assert.deepEqual([scope.name, scope.version], ['synfin', version]);
    }
  });

  it("are never about the exporter's own connections", () => {
    assert.ok(receiver.connections > 0);
    for (const { attributes } of ours()) assert.notEqual(attributes['network.peer.port'], receiver.port);
  });

  it("a client's handshake is a child of the span that was active at connect()", () => {
    const scenario = find('the case', ({ name }) => name === 'the client ends first');
    assert.equal(handshakeOf('the client ends first', 'client').traceId, scenario.traceId);
  });

  it("a server's handshake is a root, whatever span listen() was called in", () => {
    const handshake = handshakeOf('the client ends first', 'server');
    assert.equal(handshake.parentSpanId, undefined);
    assert.equal(spans.filter(({ traceId }) => traceId === handshake.traceId).length, 1);
  });

  it('a teardown is a root with one link, to its handshake', () => {
    for (const span of ours().filter(({ name }) => name === 'tcp.teardown')) {
      assert.equal(span.parentSpanId, undefined);
      const [link, ...more] = span.links;
      const handshake = find('the link', ({ spanId, traceId }) => spanId === link?.spanId && traceId === link.traceId);
      assert.equal(handshake.name, 'tcp.handshake');
      assert.equal(handshake.attributes['synfin.connection.id'], span.attributes['synfin.connection.id']);
      assert.deepEqual(more, []);
    }
  });

  it("a client's handshake says where it went and how long the round trip was", () => {
    const { attributes: a } = handshakeOf('the client ends first', 'client');
    const port = handshakeOf('the client ends first', 'server').attributes['server.port'];
    const { 'synfin.connection.id': id, 'synfin.tcp.rtt': rtt, 'network.local.port': local, ...rest } = a;
    assert.deepEqual(rest, {
      'network.transport': 'tcp',
      'network.type': 'ipv4',
      'network.local.address': '127.0.0.1',
      'network.peer.address': '127.0.0.1',
      'network.peer.port': port,
      'server.address': '127.0.0.1',
      'server.port': port,
      'network.connection.state': 'established',
      'synfin.tcp.role': 'client',
      'synfin.tcp.connect.attempt': 1,
      'synfin.tcp.syn.retransmits': 0,
      'synfin.observation.source': 'sock_diag',
    });
    assert.match(String(id), /^[0-9a-f]+$/);
    assert.ok(Number(rtt) > 0 && Number(rtt) < 1, `${rtt} s`);
    assert.ok(Number(local) > 0);
  });

  it("a server's handshake says who came", () => {
    const client = handshakeOf('the client ends first', 'client').attributes;
    const { attributes: a } = handshakeOf('the client ends first', 'server');
    assert.deepEqual([a['client.address'], a['client.port']], ['127.0.0.1', client['network.local.port']]);
    assert.deepEqual([a['server.address'], a['server.port']], ['127.0.0.1', client['network.peer.port']]);
    assert.equal(a['synfin.tcp.role'], 'server');
    assert.equal(a['synfin.tcp.connect.attempt'], undefined);
  });

  for (const side of ['client', 'server'] as const)
    it(`the three steps of the ${side}'s handshake are its events`, () => {
      const span = handshakeOf('the client ends first', side);
      assert.deepEqual(segments(span), ['syn', 'syn_ack', 'ack']);
      const inferred = span.events.filter(({ attributes }) => attributes['synfin.inferred']).map(({ name }) => name);
      assert.equal(inferred.includes('synfin.tcp.syn'), side === 'server');
      const [change] = span.events.filter(({ name }) => name === 'synfin.tcp.state.change');
      const before = side === 'client' ? 'syn_sent' : 'syn_received';
      assert.equal(change?.attributes['synfin.tcp.state.previous'], before);
      assert.equal(change?.attributes['network.connection.state'], 'established');
    });

  for (const [name, side, expected, steps] of endings)
    it(`${name}: the ${side}'s teardown`, () => {
      const span = teardownOf(name, side);
      const { attributes: a } = span;
      assert.equal(a['synfin.tcp.close.initiator'], expected.initiator);
      assert.equal(a['synfin.tcp.close.type'], expected.type);
      assert.equal(a['error.type'], expected.error);
      assert.equal(span.status.code ?? 0, expected.error ? 2 : 0);
      assert.equal(a['synfin.tcp.bytes.sent'] ?? 0, expected.sent ?? a['synfin.tcp.bytes.sent'] ?? 0);
      assert.equal(a['synfin.tcp.bytes.received'] ?? 0, expected.received ?? a['synfin.tcp.bytes.received'] ?? 0);
      assert.equal(a['synfin.tcp.retransmits'], 0);
      assert.ok(Number(a['synfin.connection.duration']) > 0);
      assert.equal(a['synfin.inferred'], true);
      assert.deepEqual(segments(span), steps);
    });

  for (const name of ['Connection: close', 'fetch'])
    it(`${name}: somebody closed first, with a FIN, and nothing failed`, () => {
      const sides = (['client', 'server'] as const).map((side) => teardownOf(name, side).attributes);
      const initiators = sides.map((a) => a['synfin.tcp.close.initiator']);
      assert.ok(initiators.includes('local') || initiators.includes('simultaneous'), initiators.join());
      assert.deepEqual(
        sides.map((a) => a['synfin.tcp.close.type']),
        ['fin', 'fin'],
      );
      assert.deepEqual(
        sides.map((a) => a['error.type']),
        [undefined, undefined],
      );
    });

  for (const [name, error, state, events] of [
    ['refused', 'ECONNREFUSED', 'closed', ['syn', 'rst.received']],
    ['abandoned', 'ECONNABORTED', 'syn_sent', ['syn']],
  ] as const)
    it(`${name}: the handshake failed, and there is no teardown`, () => {
      const span = handshakeOf(name, 'client');
      assert.equal(span.attributes['error.type'], error);
      assert.equal(span.status.code, 2);
      assert.equal(span.attributes['network.connection.state'], state);
      assert.deepEqual(segments(span), events);
      assert.ok(!spans.some(({ links }) => links.some(({ spanId }) => spanId === span.spanId)));
    });

  it('all times lie within the program, starts before ends, events in between', () => {
    const slack = 100n;
    for (const { name, start, end, events } of ours()) {
      const told = `${name} ${events.map((event) => `${event.name} ${event.at - start}`).join(', ')}`;
      assert.ok(start >= (BigInt(window.from) - slack) * 1_000_000n, `${start} ${told}`);
      assert.ok(end <= (BigInt(window.to) + slack) * 1_000_000n, `${end} ${told}`);
      assert.ok(start <= end, told);
      for (const { at } of events) assert.ok(at >= start && at <= end, told);
    }
  });
});
