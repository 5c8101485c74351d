import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ClosedConnection, ClosedLog } from '../../src/connection/closed-log.ts';
import { endpoint, type FourTuple, fourTupleHash } from '../../src/tcp/endpoint.ts';
import type { SocketCookie } from '../../src/tcp/identity.ts';
import { seconds, socketId } from './observations.ts';

const cookie = (number: number) => number.toString(16) as SocketCookie;

function closedAt(at: number, number: number, rest: Partial<ClosedConnection> = {}): ClosedConnection {
  const of = { role: 'server', site: undefined, suppressed: false, why: 'closed_by_app' } as const;
  return { cookie: number, closedAt: seconds(at), ...of, ...rest };
}

function tupleOf(n: number): FourTuple {
  const { tuple } = socketId(n);
  assert.ok(tuple);
  return tuple;
}

const database = endpoint('10.0.0.2', 5432);

describe('ClosedLog', () => {
  it('finds what was closed, by cookie', () => {
    const log = new ClosedLog(8);
    log.add(closedAt(5, 0x1f, { role: 'client', why: 'small_pool', suppressed: true, peer: database }));
    assert.deepEqual(log.find(cookie(0x1f)), {
      closedAt: seconds(5),
      role: 'client',
      site: undefined,
      suppressed: true,
      why: 'small_pool',
      place: { peer: database, requested: undefined, port: 0 },
      byCookie: true,
    });
    assert.equal(log.find(cookie(0x20)), undefined);
  });

  it('without a cookie → by four-tuple, the last one that had it', () => {
    const log = new ClosedLog(8);
    const tuple = tupleOf(1);
    log.add(closedAt(5, 0, { tuple }));
    log.add(closedAt(70, 0, { tuple }));
    assert.equal(log.findTuple(tuple)?.closedAt, seconds(70));
    assert.equal(log.findTuple(tupleOf(2)), undefined);
  });

  it('neither cookie nor four-tuple → not remembered', () => {
    const log = new ClosedLog(8);
    log.add(closedAt(5, 0));
    assert.equal(log.countSince(seconds(0)), 0);
  });

  it('holds the last ones, over many rounds, and no others', () => {
    const log = new ClosedLog(8);
    for (let number = 1; number <= 100; number++) log.add(closedAt(number, number));
    for (let number = 1; number <= 92; number++) assert.equal(log.find(cookie(number)), undefined);
    for (let number = 93; number <= 100; number++) assert.equal(log.find(cookie(number))?.closedAt, seconds(number));
    assert.equal(log.completeSince, seconds(93));
  });

  it('cookies that share their lower bits are told apart', () => {
    const log = new ClosedLog(8);
    log.add(closedAt(5, 7));
    assert.equal(log.find(cookie(7 + 2 ** 20)), undefined);
    log.add(closedAt(6, 7 + 2 ** 20));
    assert.equal(log.find(cookie(7))?.closedAt, seconds(5));
    assert.equal(log.find(cookie(7 + 2 ** 20))?.closedAt, seconds(6));
  });

  it('as many rounds as you like: what is found is what was added last (property)', () => {
    const key = fc.integer({ min: 1, max: 20 }).map((n) => (n % 2 === 0 ? n : n * 2 ** 16));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(key, { maxLength: 60 }), (capacity, keys) => {
        const log = new ClosedLog(capacity);
        keys.forEach((number, at) => {
          log.add(closedAt(at, number));
        });
        const held = keys.slice(-capacity);
        for (const number of new Set(keys)) {
          const last = keys.lastIndexOf(number);
          const expected = held.includes(number) ? seconds(last) : undefined;
          assert.equal(log.findNumber(number)?.closedAt, expected);
        }
        for (let at = 0; at <= keys.length; at++) {
          const since = [...log.since(seconds(at))].map((record) => record.closedAt);
          const expected = keys.map((_, n) => seconds(n)).slice(-capacity);
          assert.deepEqual(since, expected.filter((one) => one >= seconds(at)).reverse());
          assert.equal(log.countSince(seconds(at)), since.length);
        }
      }),
    );
  });

  it('more places than there are numbers → those before are not known any more, those after are', () => {
    const log = new ClosedLog(8192);
    for (let n = 1; n <= 5000; n++) log.add(closedAt(n, n, { role: 'client', peer: endpoint('10.0.0.9', n) }));
    assert.equal(log.findNumber(1)?.place, undefined);
    assert.deepEqual(log.findNumber(5000)?.place?.peer, endpoint('10.0.0.9', 5000));
  });

  it('the same address under two names → each with its own', () => {
    const log = new ClosedLog(8);
    for (const [number, name] of ['a.example', 'b.example', 'a.example'].entries())
      log.add(closedAt(1, number + 1, { role: 'client', peer: database, requested: endpoint(name, 5432) }));
    const names = [1, 2, 3].map((number) => log.findNumber(number)?.place?.requested?.address);
    assert.deepEqual(names, ['a.example', 'b.example', 'a.example']);
  });
});

describe('fourTupleHash', () => {
  it('of 200,000 four-tuples → as many numbers, and none is 0', () => {
    const seen = new Set<number>();
    for (let n = 0; n < 200_000; n++) {
      const local = endpoint(`10.0.${n & 3}.1`, 1024 + ((n >> 2) & 0x3fff));
      seen.add(fourTupleHash({ local, peer: endpoint(`10.1.0.${(n >> 16) & 7}`, 80 + (n & 3)) }));
    }
    assert.ok(!seen.has(0));
    const different = new Set<string>();
    for (let n = 0; n < 200_000; n++) different.add(`${n & 3} ${(n >> 2) & 0x3fff} ${(n >> 16) & 7}`);
    assert.equal(seen.size, different.size);
  });
});
