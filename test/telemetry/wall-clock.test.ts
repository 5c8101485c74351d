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
  /** So many milliseconds pass on the monotonic clock; the wall clock then shows this much after its origin, cut off. */
  const pass = (ms: number, shown: number) => {
    at.monotonic = instant(at.monotonic + ms * 1000);
    at.wall = Math.floor(originMs + shown);
    clock.iso(at.monotonic);
  };
  const wallOf = (moment: Instant, start = moment) => clock.timesSince(start)(moment);
  /** How far the clock is off, in milliseconds, for what begins now. */
  const aheadBy = (shown: number) =>
    Number(nanoseconds(wallOf(at.monotonic)) - BigInt(Math.round((originMs + shown) * 1e6))) / 1e6;
  return { clock, at, pass, wallOf, aheadBy };
}

const nanoseconds = ([seconds, ns]: readonly [number, number]) => BigInt(seconds) * 1_000_000_000n + BigInt(ns);

/** So many nanoseconds after the clocks were compared. */
const later = (ns: number): Instant => instant(100e6 + ns / 1000);

describe('WallClock', () => {
  it('the moment of comparison → its wall time', () => {
    assert.deepEqual(clocks().wallOf(later(0)), [1_700_000_000, 0]);
    assert.deepEqual(clocks(origin + 0.25).wallOf(later(0)), [1_700_000_000, 250_000]);
  });

  it('a nanosecond later → a nanosecond more', () => {
    const { wallOf } = clocks();
    assert.deepEqual(wallOf(later(1)), [1_700_000_000, 1]);
    assert.deepEqual(wallOf(later(1234)), [1_700_000_000, 1234]);
  });

  it('over the second, both ways', () => {
    const { wallOf } = clocks(origin + 999.5);
    assert.deepEqual(wallOf(later(499_999)), [1_700_000_000, 999_999_999]);
    assert.deepEqual(wallOf(later(500_000)), [1_700_000_001, 0]);
    assert.deepEqual(wallOf(later(-999_500_001)), [1_699_999_999, 999_999_999]);
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
          const { wallOf } = clocks(origin + ms);
          const earlier = wallOf(instant(s * 1e6 + n / 1000));
          const after = wallOf(instant(s * 1e6 + (n + apart) / 1000));
          assert.equal(nanoseconds(after) - nanoseconds(earlier), BigInt(apart));
        },
      ),
    );
  });

  it('any moment → whole nanoseconds from 0 to 999,999,999, never going back', () => {
    const moment = fc.double({ min: -1e9, max: 1e13, noNaN: true });
    fc.assert(
      fc.property(moment, moment, fc.double({ min: 0, max: 4e12, noNaN: true }), (one, other, ms) => {
        const { wallOf } = clocks(ms);
        const [first, second] = [one, other].toSorted((a, b) => a - b).map((at) => wallOf(instant(at)));
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

describe('the clocks drift apart', () => {
  it('as predicted, cut to milliseconds → nothing changes, to the nanosecond', () => {
    const { at, pass, wallOf } = clocks(origin + 0.75);
    for (let times = 1; times <= 100; times++) {
      pass(1101.3, times * 1101.3);
      assert.equal(nanoseconds(wallOf(later(0), at.monotonic)), BigInt(origin) * 1_000_000n + 750_000n);
    }
  });

  it('the monotonic clock runs 200 ppm fast for an hour → never more than a millisecond off', () => {
    const { pass, aheadBy } = clocks();
    for (let passed = 0, shown = 0; passed < 3_600_000; ) {
      passed += 1037.7;
      shown += 1037.7 * (1 - 200e-6);
      pass(1037.7, shown);
      const off = aheadBy(shown);
      assert.ok(Math.abs(off) <= 1.001, `${off} ms off after ${shown} ms`);
    }
  });

  it('they are compared once a second, when somebody asks', () => {
    const { at, wallOf, pass } = clocks();
    pass(900, 905);
    assert.deepEqual(wallOf(at.monotonic), [1_700_000_000, 900_000_000], 'not yet');
    pass(200, 1105);
    assert.deepEqual(wallOf(at.monotonic), [1_700_000_001, 105_000_000]);
  });
});

describe('the wall clock is set', () => {
  it('an hour forward, an hour back → what begins from then on has the new time', () => {
    for (const hours of [1, -1]) {
      const { at, pass, aheadBy, wallOf } = clocks();
      at.wall += hours * 3_600_000;
      assert.deepEqual(wallOf(at.monotonic), [1_700_000_000, 0], 'not noticed yet');
      pass(5000, 5000 + hours * 3_600_000);
      const off = aheadBy(5000 + hours * 3_600_000);
      assert.ok(Math.abs(off) <= 1, `${off}`);
    }
  });

  it('what began before keeps the time that it had then: durations stay what they were', () => {
    const { at, pass, wallOf } = clocks();
    const start = at.monotonic;
    pass(2000, 2000);
    pass(5000, 7000 - 3_600_000);
    assert.deepEqual(wallOf(start), [1_700_000_000, 0]);
    assert.deepEqual(wallOf(at.monotonic, start), [1_700_000_007, 0], 'its end, an hour back on the wall');
  });

  it('set while nothing happened, as after a sleep → what begins next has the new time, and not what was before', () => {
    const { at, pass, wallOf } = clocks();
    pass(2000, 2000);
    pass(600_000, 602_000 + 3_600_000);
    const [seconds] = wallOf(instant(at.monotonic - 500_000));
    assert.ok(Math.abs(seconds - (1_700_000_000 + 601 + 3600)) <= 1, `${seconds}`);
    assert.deepEqual(wallOf(later(0)), [1_700_000_000, 0]);
  });

  it('any settings, any span → it lasts as long as the monotonic clock says, to the nanosecond', () => {
    const step = fc.tuple(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: -5_000_000, max: 5_000_000 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.nat(1e9), fc.nat(1e9), (steps, after, lasting) => {
        const { clock, pass } = clocks();
        let shown = 0;
        for (const [ms, set] of steps) {
          shown += ms + set;
          pass(ms, shown);
        }
        const time = clock.timesSince(later(after));
        assert.equal(nanoseconds(time(later(after + lasting))) - nanoseconds(time(later(after))), BigInt(lasting));
      }),
    );
  });

  it('set a hundred times → what is remembered of it has an end', () => {
    const { at, pass, wallOf } = clocks();
    for (let times = 1; times <= 100; times++) pass(5000, 5000 * times + times * 60_000);
    assert.ok(nanoseconds(wallOf(later(0))) > 0n);
    const [seconds] = wallOf(at.monotonic);
    assert.ok(Math.abs(seconds - (1_700_000_000 + 500 + 6000)) <= 1);
  });

  it('set, and then left alone → it does not wander', () => {
    const { at, pass, wallOf } = clocks();
    pass(1000, 61_000);
    const set = nanoseconds(wallOf(at.monotonic));
    for (let second = 1; second <= 1000; second++) pass(1000, 61_000 + second * 1000);
    assert.equal(nanoseconds(wallOf(at.monotonic)) - set, 1_000_000_000_000n);
  });
});
