import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import type { Observation } from '../src/connection/observation.ts';
import { Intake } from '../src/intake.ts';
import { instant } from '../src/tcp/identity.ts';

/** As the hook reports the end of a socket, so many microseconds after the first. */
function closed(socket: number, at: number): Observation {
  return { kind: 'socket_event', event: 'handed_over', socket, at: instant(at) };
}

const row: Observation = { kind: 'lost', source: 'sock_diag', at: instant(0), count: 1, what: 'a row' };

/** Somebody who takes so long for each, by the clock that the intake is given. */
function recording(costUs = 50) {
  const taken: number[] = [];
  let clock = 0;
  const observe = (observation: Observation) => {
    clock += costUs;
    taken.push(observation.kind === 'socket_event' ? observation.socket : -1);
  };
  const intake = new Intake({ observe, outside: (act) => act(), now: () => instant(clock) });
  return { taken, intake };
}

/** The timer keeps this process alive; the intake's own do not. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('10,000 sockets close in one turn of the event loop', () => {
  /** 24 at once; of what waits, as much as 0.4 ms have room for, looked at after each 4. */
  const atOnce = 24;
  const perTurn = 400 / 50;

  it('a few are taken in at once, and less than half a millisecond of them in any later turn', async () => {
    const { taken, intake } = recording();
    for (const socket of numbers(10_000)) intake.take(closed(socket, socket * 50));
    assert.equal(taken.length, atOnce);
    assert.equal(intake.waiting, 10_000 - atOnce);
    let before = taken.length;
    let most = 0;
    let watching = true;
    const watch = () => {
      most = Math.max(most, taken.length - before);
      before = taken.length;
      if (watching) setImmediate(watch);
    };
    setImmediate(watch);
    await until(() => taken.length === 10_000);
    watching = false;
    assert.ok(most <= perTurn, `${most} in one turn`);
  });

  it('none is lost, and the order is kept, rows in between included', async () => {
    const { taken, intake } = recording();
    const expected: number[] = [];
    for (const socket of numbers(10_000)) {
      intake.take(closed(socket, socket * 50));
      expected.push(socket);
      if (socket % 1000 !== 999) continue;
      intake.take(row);
      expected.push(-1);
    }
    await until(() => intake.waiting === 0);
    assert.deepEqual(taken, expected);
  });

  it('one that is slow to take in → fewer in each turn', async () => {
    const { taken, intake } = recording(1000);
    for (const socket of numbers(200)) intake.take(closed(socket, socket * 50));
    const before = taken.length;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(taken.length - before, 4);
    await until(() => intake.waiting === 0);
  });

  it('what is to happen after them happens after them', async () => {
    const { taken, intake } = recording();
    let seen = -1;
    for (const socket of numbers(1000)) intake.take(closed(socket, socket));
    intake.after(() => {
      seen = taken.length;
    });
    assert.equal(seen, -1);
    await until(() => intake.waiting === 0);
    assert.equal(seen, 1000);
    intake.after(() => {
      seen = 0;
    });
    assert.equal(seen, 0, 'at once, when nothing waits');
  });

  it('who asks how things stand has it all at once', () => {
    const { taken, intake } = recording();
    for (const socket of numbers(10_000)) intake.take(closed(socket, socket * 50));
    intake.settle();
    assert.deepEqual(taken, numbers(10_000));
    assert.equal(intake.waiting, 0);
  });

  it('who can wait for it has it in slices, and not what comes after', async () => {
    const { taken, intake } = recording();
    for (const socket of numbers(500)) intake.take(closed(socket, socket * 50));
    const settled = intake.settled();
    assert.equal(taken.length, atOnce);
    for (const socket of numbers(500)) intake.take(closed(500 + socket, 1e6 + socket * 50));
    await settled;
    assert.ok(taken.length >= 500 && taken.length < 1000, `${taken.length}`);
    assert.deepEqual(taken, numbers(taken.length));
    await until(() => intake.waiting === 0);
  });

  it('more than 100,000 that wait → memory has an end, and still none is lost', () => {
    const { taken, intake } = recording();
    for (const socket of numbers(150_000)) intake.take(closed(socket, socket));
    assert.ok(intake.waiting <= 100_000, `${intake.waiting}`);
    intake.settle();
    assert.deepEqual(taken, numbers(150_000));
  });
});

describe('a process that ends in the middle of a burst', () => {
  it('lives until all of it is taken in', () => {
    const script = `
      import { Intake } from ${JSON.stringify(new URL('../src/intake.js', import.meta.url).href)};
      let count = 0;
      const intake = new Intake({ observe: () => count++, outside: (act) => act(), now: () => 0 });
      for (let socket = 0; socket < 1000; socket++) intake.take({ kind: 'socket_event', socket, at: socket });
      process.on('exit', () => console.log(count));
    `;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.equal(stdout, '1000\n');
  });
});

describe('an ordinary day', () => {
  it('a socket now and then → taken in at once, and nothing is scheduled', () => {
    const before = process.getActiveResourcesInfo().length;
    const { taken, intake } = recording();
    for (const socket of numbers(1000)) intake.take(closed(socket, socket * 5000));
    assert.equal(taken.length, 1000);
    assert.equal(process.getActiveResourcesInfo().length, before);
  });

  it('rows of a sweep are taken in at once: whoever sweeps does so in slices', () => {
    const { taken, intake } = recording();
    for (let count = 0; count < 1000; count++) intake.take(row);
    assert.equal(taken.length, 1000);
  });

  it('a burst, then quiet, then a burst → each is taken in in slices', async () => {
    const { taken, intake } = recording();
    for (const start of [0, 10e6]) {
      const before = taken.length;
      for (const socket of numbers(1000)) intake.take(closed(socket, start + socket));
      assert.ok(taken.length - before <= 24);
      await until(() => intake.waiting === 0);
    }
    assert.equal(taken.length, 2000);
  });
});

describe('more in every turn than the few that are taken in at once', () => {
  it('what was taken in is let go of: nothing grows', async () => {
    const { taken, intake } = recording(1);
    let made = 0;
    for (let turn = 0; turn < 500; turn++) {
      for (let event = 0; event < 200; event++) intake.take(closed(made++, made));
      await new Promise((resolve) => setImmediate(resolve));
      assert.ok(intake.waiting <= 400, `${intake.waiting} wait in turn ${turn}`);
    }
    await until(() => intake.waiting === 0);
    assert.deepEqual([taken.length, made], [100_000, 100_000]);
  });
});

describe('whoever observes may ask and report', () => {
  it('asking how things stand in the middle of it → no deeper, in order, and none is lost', async () => {
    const taken: number[] = [];
    let depth = 0;
    let deepest = 0;
    const intake: Intake = new Intake({
      observe(observation) {
        deepest = Math.max(deepest, ++depth);
        if (observation.kind === 'socket_event') taken.push(observation.socket);
        intake.settle();
        depth--;
      },
      outside: (act) => act(),
      now: () => instant(0),
    });
    for (const socket of numbers(5000)) intake.take(closed(socket, socket));
    await until(() => intake.waiting === 0);
    assert.deepEqual([deepest, taken], [1, numbers(5000)]);
  });

  it('reporting in the middle of it → taken in after it', async () => {
    const taken: number[] = [];
    const intake: Intake = new Intake({
      observe(observation) {
        if (observation.kind !== 'socket_event') return;
        if (observation.socket === 0) intake.take(closed(2, 0));
        taken.push(observation.socket);
      },
      outside: (act) => act(),
      now: () => instant(0),
    });
    intake.take(closed(0, 0));
    intake.take(closed(1, 0));
    await until(() => intake.waiting === 0);
    assert.deepEqual(taken, [0, 2, 1]);
  });
});
