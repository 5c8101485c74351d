import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Counters, ListenerFact } from '../../src/connection/host-fact.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { DropReadings } from '../../src/telemetry/drop-readings.ts';
import { listening } from '../detectors/host-looks.ts';

interface Look {
  /** As the kernel has counted by then. */
  readonly counters?: Counters;
  readonly listeners?: readonly Partial<ListenerFact>[];
}

/** After each look: overflows by port, `rest` for those without one, and drops of SYNs. */
function after(looks: readonly Look[]): Record<string, number>[] {
  const readings = new DropReadings();
  return looks.map(({ counters, listeners = [] }) => {
    readings.look({ counters, listeners: listeners.map(listening) });
    const pairs = readings.readings().map(({ name, value, attributes }) => {
      const port = attributes['server.port'] ?? 'rest';
      return [name === 'synfin.tcp.syn_queue.drops' ? 'syns' : `${port}`, value] as const;
    });
    return Object.fromEntries(pairs);
  });
}

const overflows = (ListenOverflows: number): Counters => ({ ListenOverflows, ListenDrops: ListenOverflows });

describe('what full accept queues have dropped', () => {
  it('what the kernel had counted before the first look is not ours to tell: it begins at 0', () =>
    assert.deepEqual(after([{ counters: overflows(500), listeners: [{ drops: 40 }] }]), [{ 8080: 0, rest: 0 }]));

  it('at a listener of ours → by its port', () => {
    const looks = [
      { counters: overflows(500), listeners: [{ drops: 40 }] },
      { counters: overflows(507), listeners: [{ drops: 47 }] },
      { counters: overflows(510), listeners: [{ drops: 50 }] },
    ];
    assert.deepEqual(after(looks).slice(1), [
      { 8080: 7, rest: 0 },
      { 8080: 10, rest: 0 },
    ]);
  });

  it('at somebody else’s → without a port, when a look has shown that it was none of ours', () => {
    const look = { counters: overflows(9), listeners: [{ drops: 0 }] };
    assert.deepEqual(after([{ counters: overflows(0), listeners: [{ drops: 0 }] }, look, look]).slice(1), [
      { 8080: 0, rest: 0 },
      { 8080: 0, rest: 9 },
    ]);
  });

  it('the listener tells at the next look of what the namespace had at this one → once, by its port', () => {
    const looks = [
      { counters: overflows(0), listeners: [{ drops: 0 }] },
      { counters: overflows(5), listeners: [{ drops: 3 }] },
      { counters: overflows(5), listeners: [{ drops: 5 }] },
      { counters: overflows(5), listeners: [{ drops: 5 }] },
    ];
    assert.deepEqual(after(looks).slice(1), [
      { 8080: 3, rest: 0 },
      { 8080: 5, rest: 0 },
      { 8080: 5, rest: 0 },
    ]);
  });

  it('the listener’s counter is ahead of the namespace’s → by its port, when that one has them', () => {
    const looks = [
      { counters: overflows(0), listeners: [{ drops: 0 }] },
      { counters: overflows(2), listeners: [{ drops: 5 }] },
      { counters: overflows(6), listeners: [{ drops: 5 }] },
      { counters: overflows(6), listeners: [{ drops: 5 }] },
    ];
    assert.deepEqual(after(looks).slice(1), [
      { 8080: 2, rest: 0 },
      { 8080: 5, rest: 0 },
      { 8080: 5, rest: 1 },
    ]);
  });

  it('not for ever: what was dropped there for another reason claims none of somebody else’s later', () => {
    const counters = (ListenOverflows: number) => ({ ListenOverflows, ListenDrops: 10 + ListenOverflows });
    const looks = [
      { counters: { ListenOverflows: 0, ListenDrops: 0 }, listeners: [{ drops: 0 }] },
      { counters: counters(0), listeners: [{ drops: 10, queue: 512 }] },
      { counters: counters(7), listeners: [{ drops: 10 }] },
      { counters: counters(7), listeners: [{ drops: 10 }] },
    ];
    assert.deepEqual(after(looks).at(-1), { 8080: 0, rest: 7 });
  });

  it('the listener dropped more than queues overflowed (its SYN queue was full) → the overflows alone', () => {
    const looks = [
      { counters: overflows(0), listeners: [{ drops: 0, queue: 512 }] },
      { counters: { ListenOverflows: 4, ListenDrops: 30 }, listeners: [{ drops: 30, queue: 512 }] },
    ];
    assert.deepEqual(after(looks)[1], { 8080: 4, rest: 0 });
  });

  it('two listeners at one port → their sum; the same one shown twice → once', () => {
    const looks = (drops: number) => [
      { socket: 'a', drops },
      { socket: 'b', drops },
      { socket: 'b', drops },
    ];
    const both = [
      { counters: overflows(0), listeners: looks(0) },
      { counters: overflows(6), listeners: looks(3) },
    ];
    assert.deepEqual(after(both)[1], { 8080: 6, rest: 0 });
  });

  it('nobody counts at the listener, and nothing else listens → by its port', () => {
    const one = { drops: undefined, alone: true };
    assert.deepEqual(
      after([
        { counters: overflows(1), listeners: [one] },
        { counters: overflows(4), listeners: [one] },
      ])[1],
      { 8080: 3, rest: 0 },
    );
  });

  it('nobody counts at the listener, and others listen → without a port, be its queue full or not', () => {
    const one = { drops: undefined, queue: 512 };
    const looks = [1, 4, 4].map((n) => ({ counters: overflows(n), listeners: [one] }));
    assert.deepEqual(after(looks)[2], { rest: 3 });
  });

  it('a look does not show it, or two → its drops of then are its own, counted at it or alone', () => {
    for (const [before, then] of [
      [{ drops: 0 }, { drops: 9 }],
      [
        { drops: undefined, alone: true },
        { drops: undefined, alone: true },
      ],
    ] as const) {
      const looks: Look[] = [
        { counters: overflows(0), listeners: [before] },
        { counters: overflows(4) },
        { counters: overflows(6) },
        { counters: overflows(9), listeners: [then] },
        { counters: overflows(9), listeners: [then] },
      ];
      const none = { 8080: 0, rest: 0 };
      const all = { 8080: 9, rest: 0 };
      assert.deepEqual(after(looks), [none, none, none, all, all]);
    }
  });

  it('three do not show it → they are the rest’s', () => {
    const one = { drops: undefined, alone: true };
    const looks: Look[] = [
      { counters: overflows(0), listeners: [one] },
      { counters: overflows(4) },
      { counters: overflows(4) },
      { counters: overflows(4) },
      { counters: overflows(9), listeners: [one] },
    ];
    assert.deepEqual(after(looks).slice(2), [
      { 8080: 0, rest: 0 },
      { 8080: 0, rest: 4 },
      { 8080: 5, rest: 4 },
    ]);
  });

  it('it was not alone before the look that did not show it → what others may have dropped is not its own', () => {
    const one = (alone: boolean) => ({ drops: undefined, alone });
    const looks: Look[] = [
      { counters: overflows(0), listeners: [one(false)] },
      { counters: overflows(4) },
      { counters: overflows(9), listeners: [one(true)] },
      { counters: overflows(9) },
      { counters: overflows(9) },
      { counters: overflows(9) },
    ];
    assert.deepEqual(after(looks).at(-1), { 8080: 5, rest: 4 });
  });

  it('it is closed → what was counted stays', () => {
    const looks: Look[] = [
      { counters: overflows(0), listeners: [{ drops: 0 }] },
      { counters: overflows(5), listeners: [{ drops: 5 }] },
      ...Array.from({ length: 20 }, () => ({ counters: overflows(5) })),
    ];
    assert.deepEqual(after(looks).at(-1), { 8080: 5, rest: 0 });
  });

  it('more than 64 ports → what they dropped is in the rest', () => {
    const all = (drops: number) =>
      Array.from({ length: 65 }, (_, n) => ({ socket: `${n}`, local: endpoint('0.0.0.0', 3000 + n), drops }));
    const looks = [0, 65, 65].map((n) => ({ counters: overflows(n), listeners: all(n / 65) }));
    const { rest, ...ports } = after(looks)[2] ?? {};
    assert.deepEqual([Object.keys(ports).length, rest], [64, 1]);
  });

  it('this kernel has no such counter, or it cannot be read → nothing is said', () =>
    assert.deepEqual(after([{}, { counters: { tw: 3 } }]), [{}, {}]));

  it('a counter that was made anew with its namespace → nothing goes back', () => {
    const looks = [{ counters: overflows(100) }, { counters: overflows(110) }, { counters: overflows(2) }];
    const rests = after([...looks, { counters: overflows(5) }, { counters: overflows(5) }]).map(({ rest }) => rest);
    assert.deepEqual(rests, [0, 0, 10, 10, 13]);
  });

  it('whatever comes: no value goes back, and the sum is never more than the kernel has counted', () => {
    const listener = fc.record({
      socket: fc.constantFrom('a', 'b', 'c'),
      local: fc.constantFrom(80, 81).map((port) => endpoint('0.0.0.0', port)),
      queue: fc.nat(12),
      backlog: fc.constant(10),
      drops: fc.option(fc.nat(60), { nil: undefined }),
      alone: fc.boolean(),
    });
    const grown = fc.record({ more: fc.nat(20), others: fc.nat(10), listeners: fc.array(listener, { maxLength: 4 }) });
    fc.assert(
      fc.property(fc.array(grown, { maxLength: 20 }), (steps) => {
        let [total, drops] = [7, 7];
        const looks = steps.map(({ more, others, listeners }, n) => {
          total += n === 0 ? 0 : more;
          drops += more + others;
          return { counters: { ListenOverflows: total, ListenDrops: drops }, listeners };
        });
        let [before, counted] = [{} as Record<string, number>, 7];
        after(looks).forEach((values, n) => {
          counted = looks[n]?.counters.ListenOverflows ?? counted;
          const sum = Object.values(values).reduce((all, value) => all + value, 0);
          assert.ok(sum <= counted - 7, `${sum} of ${counted - 7}`);
          for (const [name, value] of Object.entries(before)) assert.ok((values[name] ?? -1) >= value, name);
          before = values;
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe('what full SYN queues have dropped', () => {
  it('since the first look, without a port', () => {
    const looks = [10, 10, 14].map((n) => ({ counters: { TCPReqQFullDrop: n }, listeners: [{ alone: true }] }));
    assert.deepEqual(
      after(looks).map(({ syns }) => syns),
      [0, 0, 4],
    );
  });
});
