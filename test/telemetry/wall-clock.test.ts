import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Instant, instant } from '../../src/tcp/identity.ts';
import { WallClock } from '../../src/telemetry/wall-clock.ts';

const origin = 1_700_000_000_000;

/** Two clocks that were compared at 100 s of the monotonic one, and are set by hand. */
function clocks(originMs = origin) {
  const at = { monotonic: instant(100e6), wall: Math.floor(originMs) };
  const clock = new WallClock({
    monotonic: () => at.monotonic,
    wall: () => at.wall,
    origin: originMs,
    originMonotonic: instant(100e6),
  });
  /** So many milliseconds pass on the monotonic clock; the wall clock then shows this much after its origin. */
  const pass = (ms: number, shown: number) => {
    at.monotonic = instant(at.monotonic + ms * 1000);
    at.wall = originMs + shown;
    clock.refresh();
  };
  return { clock, at, pass };
}

const nanoseconds = ([seconds, ns]: readonly [number, number]) => BigInt(seconds) * 1_000_000_000n + BigInt(ns);

/** So many nanoseconds after the clocks were compared. */
const later = (ns: number): Instant => instant(100e6 + ns / 1000);

describe('WallClock', () => {
  it('the moment of comparison → its wall time', () => {
    assert.deepEqual(clocks().clock.hrTime(later(0)), [1_700_000_000, 0]);
    assert.deepEqual(clocks(origin + 0.25).clock.hrTime(later(0)), [1_700_000_000, 250_000]);
  });

  it('a nanosecond later → a nanosecond more', () => {
    const { clock } = clocks();
    assert.deepEqual(clock.hrTime(later(1)), [1_700_000_000, 1]);
    assert.deepEqual(clock.hrTime(later(1234)), [1_700_000_000, 1234]);
  });

  it('over the second, both ways', () => {
    const { clock } = clocks(origin + 999.5);
    assert.deepEqual(clock.hrTime(later(499_999)), [1_700_000_000, 999_999_999]);
    assert.deepEqual(clock.hrTime(later(500_000)), [1_700_000_001, 0]);
    assert.deepEqual(clock.hrTime(later(-999_500_001)), [1_699_999_999, 999_999_999]);
  });

  it('any two moments of a month: nanoseconds apart on one clock, exactly so many on the other', () => {
    const month = fc.integer({ min: 0, max: 2_600_000 });
    const ns = fc.integer({ min: 0, max: 999_999_999 });
    fc.assert(
      fc.property(
        month,
        ns,
        fc.integer({ min: 0, max: 1e9 }),
        fc.double({ min: 0, max: 999.999, noNaN: true }),
        (s, n, apart, ms) => {
          const { clock } = clocks(origin + ms);
          const earlier = clock.hrTime(instant(s * 1e6 + n / 1000));
          const after = clock.hrTime(instant(s * 1e6 + (n + apart) / 1000));
          assert.equal(nanoseconds(after) - nanoseconds(earlier), BigInt(apart));
        },
      ),
    );
  });

  it('any moment → whole nanoseconds from 0 to 999,999,999, never going back', () => {
    const moment = fc.double({ min: -1e9, max: 1e13, noNaN: true });
    fc.assert(
      fc.property(moment, moment, fc.double({ min: 0, max: 4e12, noNaN: true }), (one, other, ms) => {
        const { clock } = clocks(ms);
        const [first, second] = [one, other].toSorted((a, b) => a - b).map((at) => clock.hrTime(instant(at)));
        assert.ok(first && second);
        for (const [seconds, ns] of [first, second])
          assert.ok(Number.isInteger(seconds) && Number.isInteger(ns) && ns >= 0 && ns <= 999_999_999);
        assert.ok(nanoseconds(first) <= nanoseconds(second));
      }),
    );
  });

  it('iso says the same', () => {
    const { clock } = clocks();
    assert.equal(clock.iso(later(0)), '2023-11-14T22:13:20.000Z');
    assert.equal(clock.iso(later(1.5e9)), '2023-11-14T22:13:21.500Z');
  });
});

describe('the wall clock is set', () => {
  it('as predicted, cut to milliseconds → nothing changes, to the nanosecond', () => {
    const { clock, at, pass } = clocks(origin + 0.75);
    for (let times = 0; times < 100; times++) {
      pass(1.1, Math.floor(at.monotonic / 1000 - 100_000 + 1.1 + 0.75) - 0.75);
      assert.equal(nanoseconds(clock.hrTime(later(0))), BigInt(origin) * 1_000_000n + 750_000n);
    }
  });

  it('off by 1.5 ms → within what a millisecond clock may be off; by 2.5 ms → believed', () => {
    for (const [shown, expected] of [
      [1001, 1000],
      [1002, 1002.5],
      [998, 1000],
      [997, 997.5],
    ] as const) {
      const { clock, at, pass } = clocks();
      pass(1000, shown);
      assert.equal(Number(nanoseconds(clock.hrTime(at.monotonic)) - BigInt(origin) * 1_000_000n) / 1e6, expected);
    }
  });

  it('an hour forward, an hour back → noticed at the next refresh, not before', () => {
    for (const hours of [1, -1]) {
      const { clock, at, pass } = clocks();
      at.wall += hours * 3_600_000;
      assert.deepEqual(clock.hrTime(at.monotonic), [1_700_000_000, 0]);
      pass(5000, 5000 + hours * 3_600_000);
      assert.deepEqual(clock.hrTime(at.monotonic), [1_700_000_005 + hours * 3600, 500_000]);
    }
  });

  it('set, and then left alone → it does not wander', () => {
    const { clock, at, pass } = clocks();
    pass(1000, 61_000);
    const set = nanoseconds(clock.hrTime(at.monotonic));
    for (let second = 1; second <= 1000; second++) pass(1000, 61_000 + second * 1000);
    assert.equal(nanoseconds(clock.hrTime(at.monotonic)) - set, 1_000_000_000_000n);
  });
});
