import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { ReceivedSpan } from '../system/otlp-receiver.ts';
import { cjs, esm, told } from './app.ts';
import { assertToldOnce, counted, countsOf, linkAttributes, pathIn, pathsOf, theirs } from './paths.ts';

const auto = '@opentelemetry/auto-instrumentations-node/register';
const http = '@opentelemetry/instrumentation-http';
const undici = '@opentelemetry/instrumentation-undici';

/** Three requests at once, alike but for the span that each is made in. */
const atOnce = {
  'queued, http.Agent': http,
  'queued, kept-alive http.Agent': http,
  'queued, undici Client': undici,
  'at once, fetch': undici,
};
/** Two requests, one after the other. */
const keptAlive = { 'http, kept alive': http, 'kept alive, fetch': undici, 'kept alive, undici Pool': undici };
/** One request, which fails. */
const failing = ['cut off, http', 'hung up, http'];
const pool = 'queued, undici Pool';
const ways = [...Object.keys(atOnce), ...Object.keys(keptAlive), ...failing, pool];

/** Node.js 20 tells of no request that fails while its socket is open. */
const untold = process.versions.node.startsWith('20.') ? 'needs Node.js 22' : false;

/** Next to instrumentations, which patch what is required: the application is CommonJS. */
const beside = {
  'instrumentations before ours': [cjs, 'theirs, synfin'],
  'instrumentations after ours': [cjs, 'synfin, theirs'],
  'all of it preloaded': ['--import', auto, '--import', 'synfin/register', cjs, 'no SDK'],
};

describe("the parent of a client's handshake is the span that made the request", { concurrency: 2 }, () => {
  for (const [kind, args] of Object.entries({ 'no instrumentation': [esm, 'synfin'], ...beside }))
    describe(kind, () => {
      const run = spansOf(args);

      for (const way of Object.keys(atOnce))
        it(way, () => {
          const own = run.of(way);
          const makers = own.filter(handshake).map(makerIn(own));
          assert.deepEqual(counted(makers), { first: 1, second: 1, third: 1 });
        });

      // undici's Pool keeps what it cannot send yet to itself, and makes the request where the one before it ends. Nobody
      // can tell who asked for it.
      it(`${pool}: where undici makes the request`, () => {
        const own = run.of(pool);
        assert.deepEqual(counted(own.filter(handshake).map(makerIn(own))), { first: 3 });
      });

      it('each connection is told once', () => assertToldOnce(run.all()));
    });
});

describe('the CLIENT span of a request is linked to the handshake of its connection', { concurrency: 2 }, () => {
  for (const [kind, args] of Object.entries(beside))
    describe(kind, () => {
      const run = spansOf(args);

      for (const way of failing)
        it(`${way}: failed, on a new connection`, { skip: way === 'hung up, http' && untold }, () => {
          const own = run.of(way);
          const [request, ...more] = requestsIn(own, http);
          assert.ok(request && more.length === 0);
          assert.equal(request.status.code, 2);
          assert.equal(request.attributes['synfin.connection.reused'], false);
          assert.deepEqual(
            request.links.map(({ spanId }) => spanId),
            own.filter(handshake).map(({ spanId }) => spanId),
          );
        });

      for (const [way, scope] of Object.entries(keptAlive))
        it(`${way}: new, then reused`, () => {
          const own = run.of(way);
          const [connection, ...others] = own.filter(handshake);
          assert.ok(connection && others.length === 0);
          assertServedBy(requestsIn(own, scope), connection);
        });

      for (const [way, scope] of Object.entries(atOnce))
        it(`${way}: each to its own`, () => {
          const own = run.of(way);
          const maker = makerIn(own);
          const linked = requestsIn(own, scope).map((request) => {
            const links = request.links.map(({ spanId }) => own.find((span) => span.spanId === spanId));
            return [maker(request), ...links.map((to) => to && handshake(to) && maker(to))];
          });
          assert.deepEqual(linked.toSorted(), [
            ['first', 'first'],
            ['second', 'second'],
            ['third', 'third'],
          ]);
        });
    });
});

describe('with the links of requests there is no further span', () => {
  it('of theirs, nor of ours', async () => {
    const [together, theirsAlone, oursAlone] = await Promise.all(
      ['synfin, theirs', 'theirs', 'synfin'].map((setup) => told([cjs, setup, ways.join(' + ')])),
    );
    assert.ok(together && theirsAlone && oursAlone);
    assert.deepEqual(pathsOf(together, theirs), pathsOf(theirsAlone, theirs));
    assert.deepEqual(countsOf(together), countsOf(oursAlone));
  });
});

/** Goes all the ways in one process, before the tests of a group: all of its spans, and those of one way's trace. */
function spansOf(args: readonly string[]) {
  let spans: readonly ReceivedSpan[] = [];
  before(async () => {
    spans = await told([...args, ways.join(' + ')]);
  });
  return {
    all: () => spans,
    of(way: string): readonly ReceivedSpan[] {
      const root = spans.find(({ name, parentSpanId }) => name === way && parentSpanId === undefined);
      return spans.filter(({ traceId }) => traceId === root?.traceId);
    },
  };
}

/** The first request is on a new connection, the second on the same one. */
function assertServedBy(requests: readonly ReceivedSpan[], { spanId, traceId, attributes }: ReceivedSpan): void {
  const told = requests.map((request) => ({
    id: request.attributes['synfin.connection.id'],
    reused: request.attributes['synfin.connection.reused'],
    links: request.links.map((link) => [link.traceId, link.spanId]),
  }));
  const id = attributes['synfin.connection.id'];
  const links = [[traceId, spanId]];
  assert.deepEqual(told, [
    { id, reused: false, links },
    { id, reused: true, links },
  ]);
  const [fresh, later] = requests;
  assert.equal(fresh?.attributes['synfin.connection.age'], 0);
  assert.ok(Number(later?.attributes['synfin.connection.age']) > 0);
  for (const { attributes, links } of requests) {
    assert.ok(Number(attributes['synfin.tcp.rtt']) > 0);
    const names = ['synfin.connection.id', 'synfin.connection.reused', 'synfin.connection.age', 'synfin.tcp.rtt'];
    const said = Object.fromEntries(names.map((name) => [name, attributes[name]]));
    assert.deepEqual(links.map(linkAttributes), [said]);
  }
}

/** The CLIENT spans of an instrumentation, in the order in which they began. */
function requestsIn(spans: readonly ReceivedSpan[], scope: string): readonly ReceivedSpan[] {
  const client = 3;
  const requests = spans.filter((span) => span.scope.name === scope && span.kind === client);
  return requests.toSorted((a, b) => (a.start < b.start ? -1 : 1));
}

/** A client's. */
function handshake({ name, attributes }: ReceivedSpan): boolean {
  return name === 'tcp.handshake' && attributes['synfin.tcp.role'] === 'client';
}

/** In which of the spans that the application made around its requests something hangs. */
function makerIn(spans: readonly ReceivedSpan[]): (span: ReceivedSpan) => string {
  const path = pathIn(spans);
  return (span) => path(span).split(' > ')[1] ?? '';
}
