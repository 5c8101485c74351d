import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LoopClock } from '../../src/detectors/loop-clock.ts';
import { seconds } from '../connection/observations.ts';

const interval = 5e6;

/** The loop's time, in seconds, after looks at these seconds. */
function after(...looks: number[]): number {
  const clock = new LoopClock();
  let running = 0;
  for (const at of looks) running = clock.look(seconds(at), interval) / 1e6;
  return running;
}

describe('LoopClock', () => {
  it('begins at nought, whenever that is', () => {
    assert.equal(after(1_000_000), 0);
  });

  it('looks on time → it runs with the clock on the wall', () => {
    assert.equal(after(0, 5, 10, 15), 15);
  });

  it('a look half an interval late is still on time', () => {
    assert.equal(after(0, 7.5), 7.5);
  });

  it('what is over that, the loop was blocked', () => {
    assert.equal(after(0, 7.6), 7.5);
  });

  it('looks are due every minute, and on time → it runs with the clock on the wall', () => {
    const clock = new LoopClock();
    clock.look(seconds(0), 60e6);
    clock.look(seconds(60), 60e6);
    assert.equal(clock.look(seconds(120), 60e6), 120e6);
  });

  it('due after a minute → 2.5 s late are on time, not half a minute', () => {
    const late = (at: number) => {
      const clock = new LoopClock();
      clock.look(seconds(0), 60e6);
      return clock.look(seconds(at), 60e6) / 1e6;
    };
    assert.deepEqual([62, 62.5, 70, 90, 3600].map(late), [62, 62.5, 62.5, 62.5, 62.5]);
  });

  it('blocked for an hour → it stands still for all but one late look', () => {
    assert.equal(after(0, 3600, 3605), 12.5);
  });

  it('blocked again and again → it adds up', () => {
    assert.equal(after(0, 20, 40, 60), 22.5);
  });

  it('early looks count what has passed', () => {
    assert.equal(after(0, 1, 2), 2);
  });

  it('any looks: it never goes back, and never runs ahead of the wall', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60_000_000 })), (pauses) => {
        const clock = new LoopClock();
        let now = 7e6;
        let before = clock.look(seconds(7), interval);
        for (const pause of pauses) {
          now += pause;
          const running = clock.look(seconds(now / 1e6), interval);
          assert.ok(running >= before && running - before <= interval * 1.5);
          before = running;
        }
        assert.ok(before <= now - 7e6);
      }),
    );
  });
});
