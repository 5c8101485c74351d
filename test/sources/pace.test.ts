import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CpuTimes } from '../../src/sources/cpu-clock.ts';
import { Pace } from '../../src/sources/pace.ts';
import { instant } from '../../src/tcp/identity.ts';

/** Milliseconds by the wall, on the loop, in the pool and in a child; and of CPU, where that is less. */
interface Work {
  readonly loop?: number;
  readonly loopCpu?: number;
  readonly pool?: number;
  readonly poolCpu?: number;
  readonly child?: number;
  /** In so many calls of the pool. */
  readonly calls?: number;
}

/** A pace whose clocks stand still until somebody works. Times are in milliseconds. */
function pacing({ intervalMs = 5000, cpuBudget = 0.01, aheadMs = 0 } = {}) {
  let [wall, thread, others] = [0, 0, 0];
  let hasCpuClock = true;
  const cpu = (): CpuTimes | undefined =>
    hasCpuClock ? { thread: thread * 1000, process: (thread + others) * 1000 } : undefined;
  const pace = new Pace({ now: () => instant(wall * 1000), intervalMs, cpuBudget, cpu, aheadMs });
  // Before the first look the application was at rest.
  wall += 1000;
  return {
    pace,
    withoutCpuClock: () => {
      hasCpuClock = false;
    },
    /** Nobody looks for so long, and the application's work in other threads has so much CPU. */
    rest: (ms: number, othersCpu: number) => {
      wall += ms;
      others += othersCpu;
    },
    /** One look that holds the loop for so long, and another thread; each with the CPU time that it really had. */
    look: ({ loop = 0, loopCpu, pool = 0, poolCpu, child = 0, calls = 1 }: Work) => {
      const look = pace.look();
      look.slices.begin();
      wall += loop;
      thread += loopCpu ?? loop;
      look.slices.end();
      wall += pool;
      others += poolCpu ?? pool;
      for (let call = 0; call < calls; call++) look.elsewhere((pool * 1000) / calls);
      look.inChild(child * 1000);
      look.end();
    },
  };
}

describe('Pace', () => {
  it('cheap looks → as often as asked', () => {
    const { pace, look } = pacing();
    look({ loop: 0.3, pool: 20 });
    assert.equal(pace.pause(), 5000);
  });

  it('a look of 100 ms at 1 % of a core → 10 s until the next', () => {
    const { pace, look } = pacing();
    look({ loop: 10, pool: 90 });
    assert.equal(pace.pause(), 10_000);
    assert.deepEqual(pace.spent(), { looks: 1, cpuMs: 100, lookMs: 100, everyMs: 10_000 });
  });

  it('a cheaper one after it → as often as asked again', () => {
    const { pace, look } = pacing();
    look({ pool: 100 });
    pace.pause();
    look({ pool: 1 });
    assert.equal(pace.pause(), 5000);
    assert.deepEqual(pace.spent(), { looks: 2, cpuMs: 101, lookMs: 1, everyMs: 5000 });
  });

  it('what follows from a look is paid for like the look', () => {
    const { pace, look } = pacing();
    look({ loop: 10 });
    pace.charge(90_000);
    assert.equal(pace.pause(), 10_000);
    assert.equal(pace.spent().cpuMs, 100);
  });

  it('a larger budget → a shorter pause', () => {
    const { pace, look } = pacing({ cpuBudget: 0.5, intervalMs: 10 });
    look({ pool: 100 });
    assert.equal(pace.pause(), 200);
  });

  it('what the core asked for between two looks is paid too', () => {
    const { pace, look } = pacing();
    look({ pool: 60 });
    look({ pool: 60 });
    assert.equal(pace.pause(), 12_000);
  });

  it('another process pays what it took on the wall, having no other clock', () => {
    const { pace, look } = pacing();
    look({ child: 800 });
    assert.equal(pace.pause(), 80_000);
  });

  it('two upper bounds, the lower rules: a read that waited for a thread of the pool costs no CPU', () => {
    const { pace, look } = pacing();
    look({ pool: 5000, poolCpu: 40 });
    // What the clocks may lag behind is added: 2 ms.
    assert.equal(pace.spent().cpuMs, 42);
  });

  it('a slice that was interrupted by other processes costs what it had of the CPU', () => {
    const { pace, look } = pacing();
    // Here it is 10 ms, a tick of the kernel's timer.
    look({ loop: 300, loopCpu: 2 });
    assert.equal(pace.spent().cpuMs, 12);
  });

  it('the pool is full of the application’s own work, as it always is → only what is over the usual is paid', () => {
    const { pace, look, rest } = pacing();
    look({ pool: 1 });
    // Two of its threads work all the time; the look waits for 500 ms, and has 30 ms itself.
    rest(5000, 10_000);
    look({ pool: 500, poolCpu: 1030 });
    assert.equal(pace.spent().lookMs, 32);
    rest(5000, 10_000);
    look({ pool: 500, poolCpu: 1030 });
    assert.equal(pace.spent().lookMs, 32);
    assert.equal(pace.pause(), 6500);
  });

  it('the application does less than usual → never below nothing; more → no more than the wall says', () => {
    const { pace, look, rest } = pacing();
    look({ pool: 1 });
    rest(5000, 5000);
    look({ pool: 500, poolCpu: 100 });
    assert.equal(pace.spent().lookMs, 2);
    rest(5000, 0);
    look({ pool: 500, poolCpu: 2000 });
    assert.equal(pace.spent().lookMs, 500);
  });

  it('an application at rest → a look that takes the kernel long is paid in full', () => {
    const { pace, look, rest } = pacing();
    for (let n = 0; n < 3; n++) {
      look({ pool: 300 });
      assert.equal(pace.spent().lookMs, 300);
      rest(5000, 0);
    }
  });

  it('a rest too short to tell says nothing: the one before it does', () => {
    const { pace, look, rest } = pacing();
    look({ pool: 1 });
    rest(5000, 5000);
    look({ pool: 100, poolCpu: 110 });
    assert.equal(pace.spent().lookMs, 12);
    rest(50, 0);
    look({ pool: 100, poolCpu: 110 });
    assert.equal(pace.spent().lookMs, 12);
  });

  it('another look that is under way is not what is usual', () => {
    const { pace, look, rest } = pacing();
    look({ pool: 1 });
    const other = pace.look();
    rest(1000, 1000);
    look({ pool: 100 });
    assert.equal(pace.spent().lookMs, 100);
    other.end();
  });

  it('the first look, before anything is known of the application → no call in the pool counts for more than 10 ms', () => {
    let others = 0;
    const cpu = (): CpuTimes => ({ thread: 0, process: others });
    const pace = new Pace({ now: () => instant(0), intervalMs: 5000, cpuBudget: 0.01, cpu });
    const look = pace.look();
    others += 2_000_000;
    look.elsewhere(300_000);
    look.elsewhere(2000);
    look.end();
    assert.equal(pace.spent().lookMs, 12);
  });

  it('without a CPU clock the wall rules, but no call in the pool counts for more than 10 ms', () => {
    const { pace, look, withoutCpuClock } = pacing();
    withoutCpuClock();
    look({ loop: 100, loopCpu: 2, pool: 200, poolCpu: 2 });
    assert.equal(pace.spent().lookMs, 110);
    look({ pool: 200, poolCpu: 2, calls: 100 });
    assert.equal(pace.spent().lookMs, 200);
  });

  it('what the first looks cost once is spent ahead: the second look comes in time', () => {
    const { pace, look } = pacing({ aheadMs: 150 });
    look({ pool: 200 });
    assert.equal(pace.pause(), 5000);
  });

  it('and saved again: dear looks that go on grow rarer as they would have', () => {
    const { pace, look } = pacing({ aheadMs: 150 });
    look({ pool: 200 });
    pace.pause();
    look({ pool: 200 });
    assert.equal(pace.pause(), 20_000);
    look({ pool: 20 });
    assert.equal(pace.pause(), 5000);
    look({ pool: 90 });
    assert.equal(pace.pause(), 6000);
  });

  it('no more is spent ahead than that, however long nothing was spent', () => {
    const { pace, look } = pacing({ aheadMs: 150 });
    for (let n = 0; n < 100; n++) pace.pause();
    look({ pool: 210 });
    assert.equal(pace.pause(), 6000);
  });

  it('whatever is spent, its share of the time stays within the budget, and a look is never skipped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 500 }), { minLength: 1 }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.nat({ max: 300 }),
        (looks, cpuBudget, aheadMs) => {
          const { pace, look } = pacing({ cpuBudget, intervalMs: 100, aheadMs });
          let paused = 0;
          for (const pool of looks) {
            look({ pool });
            paused += pace.pause();
          }
          assert.equal(pace.spent().looks, looks.length);
          assert.ok(pace.spent().cpuMs <= paused * cpuBudget + aheadMs + 1e-6);
        },
      ),
    );
  });

  it('an aborted wait ends at once', async () => {
    const { pace } = pacing({ intervalMs: 3_600_000 });
    const abort = new AbortController();
    const wait = pace.wait(abort.signal);
    abort.abort();
    await wait;
    await pace.wait(abort.signal);
  });
});
