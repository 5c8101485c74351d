import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CheapCounts, isNear, nearness, worthAWalk } from '../../src/connection/census-need.ts';
import { EphemeralRange } from '../../src/connection/ephemeral-range.ts';

const range = EphemeralRange.of({ firstPort: 40_000, lastPort: 40_999 });
assert.ok(range);

const counts = (tw: number | undefined, inuse: number | undefined, buckets = 100_000): CheapCounts => ({
  counters: { tw, inuse } as CheapCounts['counters'],
  sysctls: { tcp_max_tw_buckets: buckets },
  range,
});

describe('whether a walk over the sockets is worth it, at half of 1000 ports', () => {
  const rows: [tw: number | undefined, inuse: number | undefined, buckets: number, worth: string][] = [
    [0, 10, 100_000, 'none'],
    [239, 10, 100_000, 'none'],
    [240, 10, 100_000, 'all'],
    [0, 250, 100_000, 'all'],
    [49, 10, 200, 'none'],
    [50, 10, 200, 'time_wait'],
    [undefined, 10_000, 100_000, 'none'],
    [10_000, undefined, 100_000, 'none'],
  ];
  for (const [tw, inuse, buckets, worth] of rows)
    it(`tw ${tw}, inuse ${inuse}, tcp_max_tw_buckets ${buckets} → ${worth}`, () =>
      assert.equal(worthAWalk(counts(tw, inuse, buckets), 0.5), worth));
});

describe('how near a census came', () => {
  const none = { states: [], whole: true, sockets: 0, timeWaits: 0, destinations: [], listeners: [] };
  const towards = { localAddress: '', peerAddress: '', peerPort: 1, ports: 250, timeWaits: 0, authors: [] };

  it('by the ports of a destination, or the TIME_WAITs of a listener', () => {
    assert.equal(nearness(none, counts(0, 0), 0.5), 0);
    assert.equal(nearness({ ...none, destinations: [towards] }, counts(0, 0), 0.5), 0.5);
    const listener = { port: 80, timeWaits: 75, authors: [], unclaimed: [], unclaimedPerSecond: 0 };
    assert.equal(nearness({ ...none, listeners: [listener] }, counts(0, 0, 100), 0.5), 1.5);
  });

  it('half of the way → every look counts', () => assert.deepEqual([isNear(0.49), isNear(0.5)], [false, true]));
});

describe('EphemeralRange', () => {
  it('without the reserved ports, which may overlap or lie outside', () => {
    const reservedPorts = [
      { first: 40_010, last: 40_019 },
      { first: 40_015, last: 40_024 },
      { first: 39_000, last: 40_000 },
    ];
    const some = EphemeralRange.of({ firstPort: 40_000, lastPort: 40_099, reservedPorts });
    assert.equal(some?.count, 84);
    assert.deepEqual(
      [40_000, 40_001, 40_024, 40_025, 40_100].map((port) => some?.has(port)),
      [false, true, false, true, false],
    );
  });

  it('overlapping ones in whatever order count once, those outside not at all', () => {
    const count = (...reserved: [number, number][]) =>
      EphemeralRange.of({
        firstPort: 40_000,
        lastPort: 40_099,
        reservedPorts: reserved.map(([first, last]) => ({ first, last })),
      })?.count;
    assert.equal(count(), 100);
    assert.equal(count([40_050, 40_059], [40_040, 40_054], [40_045, 40_049]), 80);
    assert.equal(count([1, 39_999], [40_100, 65_535]), 100);
    assert.equal(count([1, 65_535]), 0);
  });

  it('one for the same settings, another for others', () => {
    const settings = { firstPort: 40_000, lastPort: 40_099 };
    assert.equal(EphemeralRange.of(settings), EphemeralRange.of(settings));
    assert.notEqual(EphemeralRange.of(settings), EphemeralRange.of({ ...settings }));
  });

  it('where the kernel does not say → none', () => {
    for (const settings of [{}, { firstPort: 40_000 }, { lastPort: 40_099 }])
      assert.equal(EphemeralRange.of(settings), undefined);
  });
});
