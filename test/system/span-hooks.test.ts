import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fixture, jsonLines, kernelNeeds, run } from './run.ts';

interface Told {
  readonly name: string;
  readonly id: string;
  readonly parent?: string;
  readonly links: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly seenAtStart: Readonly<Record<string, unknown>>;
  /** Nanoseconds since 1970. */
  readonly start: string;
  readonly end: string;
}

interface Printed {
  readonly spans: readonly Told[];
  readonly seen: readonly string[];
  readonly counts: { readonly told: number; readonly dropped: number };
}

/** What fixtures/apps/cases.mjs comes to: nine handshakes of a client, eight of a server, and their teardowns. */
const everything = { handshakes: 17, teardowns: 15 };

async function inMode(mode: string, env: Readonly<Record<string, string>> = {}) {
  const ended = await run([fixture('hooks.mjs'), mode], { env });
  const [printed] = jsonLines<Printed>(ended.stdout);
  assert.ok(ended.code === 0 && printed, ended.stderr);
  const named = (name: string) => printed.spans.filter((span) => span.name === name);
  const [handshakes, teardowns] = [named('tcp.handshake'), named('tcp.teardown')];
  const app = printed.spans.filter(({ name }) => !name.startsWith('tcp.'));
  return { ...printed, stderr: ended.stderr, handshakes, teardowns, app, ours: [...handshakes, ...teardowns] };
}

const roleOf = ({ attributes }: Told) => attributes['synfin.tcp.role'];

describe("the application's say in what is told", { skip: kernelNeeds, concurrency: 2 }, () => {
  it('nothing said: all of it', async () => {
    const { handshakes, teardowns, counts, stderr } = await inMode('plain');
    assert.deepEqual({ handshakes: handshakes.length, teardowns: teardowns.length }, everything);
    assert.deepEqual([counts, stderr], [{ told: 32, dropped: 0 }, '']);
  });

  it('a sampler sees where it goes to when a span begins', async () => {
    const { ours } = await inMode('plain');
    for (const { seenAtStart, attributes } of ours)
      for (const name of ['server.address', 'server.port', 'network.transport', 'synfin.tcp.role'])
        assert.ok(seenAtStart[name] !== undefined && seenAtStart[name] === attributes[name], name);
  });

  it('requireParentSpan: only what was connected under a span; accepted connections never are', async () => {
    const { handshakes, teardowns, app } = await inMode('requireParentSpan');
    const parents = new Set(app.map(({ id }) => id));
    // One of the nine cases runs under no span.
    assert.deepEqual([handshakes.length, teardowns.length], [8, 6]);
    for (const span of handshakes) assert.ok(roleOf(span) === 'client' && parents.has(span.parent ?? ''));
    const told = new Set(handshakes.map(({ id }) => id));
    for (const { links } of teardowns) assert.ok(links.every((id) => told.has(id)) && links.length === 1);
  });

  it('ignoreConnectionHook: neither span; asked once for each connection', async () => {
    const { ours, seen } = await inMode('ignoreConnectionHook');
    assert.deepEqual([...new Set(ours.map(roleOf))], ['client']);
    assert.deepEqual(
      seen,
      Array.from({ length: 8 }, () => 'tcp.handshake'),
    );
  });

  it('startSpanHook: its attributes are there from the start', async () => {
    const { ours } = await inMode('startSpanHook');
    for (const span of ours) {
      const expected = { 'app.role': roleOf(span), 'app.span': span.name };
      for (const [name, value] of Object.entries(expected))
        assert.deepEqual([span.seenAtStart[name], span.attributes[name]], [value, value]);
    }
  });

  it('connectionHook: is given each span before it ends, and what is known of the connection', async () => {
    const { ours, seen } = await inMode('connectionHook');
    for (const { attributes } of ours) assert.equal(typeof attributes['app.bytes'], 'number');
    assert.equal(seen.length, 32);
    assert.ok(seen.includes('server tcp.teardown local') && seen.includes('client tcp.handshake unknown'), seen.join());
  });

  it('hooks that throw: everything is told, each is named once on stderr, and the application runs on', async () => {
    const { ours, stderr } = await inMode('broken hooks');
    assert.equal(ours.length, 32);
    const named = [...stderr.matchAll(/^synfin: an error of synfin's own in (\w+)/gm)].map(([, name]) => name);
    assert.deepEqual(named.sort(), ['connectionHook', 'ignoreConnectionHook', 'startSpanHook']);
  });

  it('an async hook that fails: no unhandled rejection', async () => {
    assert.equal((await inMode('async hook')).ours.length, 32);
  });
});

describe('spans: notable', { skip: kernelNeeds, concurrency: 2 }, () => {
  it('only what failed or was reset, with its handshake, decided at the end', async () => {
    const { handshakes, teardowns, app } = await inMode('notable');
    const types = teardowns.map(({ attributes }) => attributes['synfin.tcp.close.type']);
    assert.ok(types.length >= 4 && types.every((type) => type === 'rst'), types.join());
    const failed = handshakes.filter(({ attributes }) => attributes['error.type'] !== undefined);
    assert.deepEqual(failed.map(({ attributes }) => attributes['error.type']).sort(), ['ECONNABORTED', 'ECONNREFUSED']);
    // What became of the connection later is not on the handshake: it went well.
    for (const { attributes } of handshakes.filter((span) => !failed.includes(span)))
      assert.equal(attributes['network.connection.state'], 'established');
    const byId = new Map(handshakes.map((span) => [span.id, span]));
    const parents = new Set(app.map(({ id }) => id));
    for (const teardown of teardowns) {
      const handshake = byId.get(teardown.links[0] ?? '');
      assert.ok(
        handshake && BigInt(handshake.end) <= BigInt(teardown.start),
        'linked to its handshake, which was before',
      );
      assert.equal(parents.has(handshake.parent ?? ''), roleOf(handshake) === 'client');
    }
    for (const { start, end } of handshakes) assert.ok(BigInt(start) <= BigInt(end));
  });

  it('SYNFIN_SPANS=notable: likewise', async () => {
    const [byOption, byVariable] = [await inMode('notable'), await inMode('plain', { SYNFIN_SPANS: 'notable' })];
    assert.equal(byVariable.teardowns.length, byOption.teardowns.length);
  });
});

describe('what is left out', { skip: kernelNeeds, concurrency: 2 }, () => {
  it('maxSpansPerSecond: what is over it is dropped, counted and told of once', async () => {
    const { ours, counts, stderr } = await inMode('two a second');
    assert.equal(counts.told, ours.length);
    assert.equal(counts.told + counts.dropped, 32);
    assert.ok(counts.dropped > 0);
    assert.deepEqual(stderr.match(/^synfin: there are more than 2 spans a second/gm)?.length, 1);
  });

  it('ignore: what goes there makes no span', async () => {
    assert.equal((await inMode('ignore loopback')).ours.length, 0);
    assert.equal((await inMode('plain', { SYNFIN_IGNORE: '10.0.0.0/8, 127.0.0.1/32' })).ours.length, 0);
    assert.equal((await inMode('ignore nobody')).ours.length, 32);
  });
});
