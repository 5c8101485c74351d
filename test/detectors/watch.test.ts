import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ConnectionView } from '../../src/connection/view.ts';
import { closeWaitLeak } from '../../src/detectors/close-wait-leak.ts';
import type { Finding } from '../../src/detectors/detector.ts';
import { LoopClock } from '../../src/detectors/loop-clock.ts';
import { unreadData } from '../../src/detectors/unread-data.ts';
import { Watch } from '../../src/detectors/watch.ts';
import { seconds } from '../connection/observations.ts';
import { lookAt, signals, view } from './views.ts';

const interval = 5e6;

/** Both detectors, and the loop's clock. Looks are at these seconds of the clock on the wall. */
function watching(closeWait = 30, unread = 60): (at: number, ...suspects: ConnectionView[]) => Finding[] {
  const watch = new Watch([closeWaitLeak(closeWait * 1e6), unreadData(unread * 1e6)], '1');
  const clock = new LoopClock();
  return (at, ...suspects) => watch.look(suspects, clock.look(seconds(at), interval), lookAt(at));
}

/** The seconds at which something was told, of looks five seconds apart. */
function toldAt(look: ReturnType<typeof watching>, until: number, suspects: (at: number) => ConnectionView[]) {
  const told: string[] = [];
  for (let at = 0; at <= until; at += 5)
    for (const { status, kind } of look(at, ...suspects(at))) told.push(`${at} s: ${status} ${kind}`);
  return told;
}

describe('Watch', () => {
  it('CLOSE_WAIT for the patience → raised in the look after', () => {
    assert.deepEqual(
      toldAt(watching(), 300, () => [view(1)]),
      ['35 s: raised close_wait_leak'],
    );
  });

  it('as patient as configured: ten seconds, an hour', () => {
    assert.deepEqual(
      toldAt(watching(10), 60, () => [view(1)]),
      ['15 s: raised close_wait_leak'],
    );
    assert.deepEqual(
      toldAt(watching(3600), 3610, () => [view(1)]),
      ['3605 s: raised close_wait_leak'],
    );
  });

  it('no patience: ripe in the second look, told in the next', () => {
    assert.deepEqual(
      toldAt(watching(0), 60, () => [view(1)]),
      ['10 s: raised close_wait_leak'],
    );
  });

  it('unread bytes: with a patience of their own', () => {
    const unread = view(1, { state: 'established', receiveQueue: 9 });
    assert.deepEqual(
      toldAt(watching(), 300, () => [unread]),
      ['65 s: raised unread_data'],
    );
  });

  it('half-closed, and bytes still move → nothing, for ever', () => {
    assert.deepEqual(
      toldAt(watching(), 3600, (at) => [view(1, { progress: at })]),
      [],
    );
  });

  it('each a new connection → nothing, however many', () => {
    assert.deepEqual(
      toldAt(watching(), 3600, (at) => [view(at)]),
      [],
    );
  });

  it('an exporter’s own → nothing, for ever', () => {
    assert.deepEqual(
      toldAt(watching(0, 0), 3600, () => [view(1, { suppressed: true })]),
      [],
    );
  });

  it('not sampled → in the finding of those that are', () => {
    const look = watching(0);
    const suspects = [view(1), view(2), view(3, { callSite: [] })];
    const told = [0, 5, 10].flatMap((at) => look(at, ...suspects));
    assert.deepEqual(
      told.map(({ count }) => count),
      [3],
    );
  });

  it('the loop was blocked for an hour → nobody can be said to have neglected anything', () => {
    const look = watching();
    look(0, view(1));
    assert.deepEqual(
      [3600, 3605, 3610, 3615, 3620].flatMap((at) => look(at, view(1))),
      [],
    );
    const told = [3625, 3630].flatMap((at) => look(at, view(1)));
    assert.deepEqual(
      told.map(({ status }) => status),
      ['raised'],
    );
  });

  it('open findings are those that were raised and not cleared', () => {
    const watch = new Watch([closeWaitLeak(0)], '1');
    for (const at of [0, 5]) watch.look([view(1)], seconds(at), lookAt(at));
    assert.deepEqual(watch.findings(), []);
    watch.look([view(1)], seconds(10), lookAt(10));
    assert.deepEqual(
      watch.findings().map(({ id }) => id),
      ['close_wait_leak-1-1'],
    );
  });
});

describe('any sequence of looks', () => {
  const connection = fc.record({
    n: fc.integer({ min: 1, max: 6 }),
    state: fc.constantFrom<ConnectionView['state']>('close_wait', 'established', 'last_ack'),
    progress: fc.constantFrom(0, 0, 0, 1),
    callSite: fc.constantFrom(['a (/a.js:1:1)'], ['b (/b.js:1:1)'], []),
    flowing: fc.constantFrom(false, true),
  });
  const onceEach = fc.uniqueArray(connection, { selector: ({ n }) => n, maxLength: 6 });
  const stretch = fc.record({ suspects: onceEach, looks: fc.integer({ min: 1, max: 30 }) });
  const stretches = fc.array(fc.record({ stretch, usage: fc.constantFrom(0, 990) }), { maxLength: 8 });

  it('raises once, changes at most once in six looks, clears once what it raised, and never counts below nought', () => {
    fc.assert(
      fc.property(stretches, (story) => {
        const watch = new Watch([closeWaitLeak(10e6), unreadData(20e6)], '1');
        const open = new Map<string, number>();
        const over = new Set<string>();
        let look = 0;
        for (const { stretch, usage } of story) {
          const suspects = stretch.suspects.map(({ n, state, progress, callSite, flowing }) =>
            view(n, { state, progress, callSite, signals: signals({ readableFlowing: flowing }) }),
          );
          for (let times = 0; times < stretch.looks; times++) {
            const at = look++ * 5;
            const told = watch.look(suspects, seconds(at), lookAt(at, { descriptors: { usage, limit: 1000 } }));
            for (const { id, status, count, sample } of told) {
              assert.ok(count >= 0 && count <= suspects.length && sample.length <= 10);
              assert.equal(status === 'raised', !open.has(id), `${status} ${id}`);
              assert.ok(!over.has(id), `${id} is over`);
              if (status === 'changed') assert.ok(look - (open.get(id) ?? 0) >= 6, 'told twice in six looks');
              if (status === 'cleared') {
                assert.equal(count, 0);
                over.add(id);
              }
              open.set(id, look);
            }
            const stillOpen = [...open.keys()].filter((id) => !over.has(id));
            assert.deepEqual(
              watch
                .findings()
                .map(({ id }) => id)
                .toSorted(),
              stillOpen.toSorted(),
            );
          }
        }
        for (let times = 0; times < 40; times++) {
          const at = look++ * 5;
          for (const { id, status } of watch.look([], seconds(at), lookAt(at))) if (status === 'cleared') over.add(id);
        }
        assert.deepEqual([...open.keys()].toSorted(), [...over].toSorted(), 'all is cleared in the end');
      }),
      { numRuns: 200 },
    );
  });
});
