import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ConnectionView } from '../../src/connection/view.ts';
import { Dwell } from '../../src/detectors/dwell.ts';
import { seconds } from '../connection/observations.ts';
import { view } from './views.ts';

const patience = 10e6;

/** Looks at these connections at this second of the loop's clock: the ids of the ripe. */
function looker(dwell = new Dwell(), needed = patience): (at: number, ...seen: ConnectionView[]) => string[] {
  return (at, ...seen) => {
    const ripe = seen.filter((connection) => dwell.isRipe(connection, needed, seconds(at)));
    dwell.endLook();
    return ripe.map(({ id }) => id);
  };
}

describe('Dwell', () => {
  it('ripe when the patience is over, and not a microsecond before', () => {
    const look = looker();
    assert.deepEqual(look(0, view(1)), []);
    assert.deepEqual(look(9.999999, view(1)), []);
    assert.deepEqual(look(10, view(1)), ['c1']);
    assert.deepEqual(look(11, view(1)), ['c1']);
  });

  it('no patience asked for → two looks all the same, and no more', () => {
    const look = looker(new Dwell(), 0);
    assert.deepEqual(look(0, view(1)), []);
    assert.deepEqual(look(0.001, view(1)), ['c1']);
  });

  it('two looks far apart are enough', () => {
    const look = looker();
    look(0, view(1));
    assert.deepEqual(look(3600, view(1)), ['c1']);
  });

  it('a byte moved (a half-closed connection that still sends) → the wait begins anew', () => {
    const look = looker();
    for (let at = 0; at < 100; at += 5) assert.deepEqual(look(at, view(1, { progress: at })), []);
    assert.deepEqual(look(104.9, view(1, { progress: 95 })), []);
    assert.deepEqual(look(105, view(1, { progress: 95 })), ['c1']);
  });

  it('ripe already, then a byte moved → no longer', () => {
    const look = looker();
    look(0, view(1));
    assert.deepEqual(look(10, view(1)), ['c1']);
    assert.deepEqual(look(15, view(1, { progress: 1 })), []);
  });

  it('ESTABLISHED → CLOSE_WAIT: the wait begins anew', () => {
    const look = looker();
    look(0, view(1, { state: 'established' }));
    assert.deepEqual(look(10, view(1, { state: 'close_wait' })), []);
    assert.deepEqual(look(20, view(1, { state: 'close_wait' })), ['c1']);
  });

  it('out of trouble for one look → the wait begins anew', () => {
    const look = looker();
    look(0, view(1));
    look(5);
    assert.deepEqual(look(10, view(1)), []);
    assert.deepEqual(look(20, view(1)), ['c1']);
  });

  it('each connection waits for itself', () => {
    const look = looker();
    look(0, view(1));
    look(5, view(1), view(2));
    assert.deepEqual(look(10, view(1), view(2)), ['c1']);
    assert.deepEqual(look(15, view(1), view(2)), ['c1', 'c2']);
  });

  it('any looks: ripe exactly when seen in the same trouble for the patience, and at least twice', () => {
    const steps = fc.array(fc.record({ pause: fc.integer({ min: 1, max: 8 }), progress: fc.integer({ max: 1 }) }));
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 20 }), (looks, needed) => {
        const look = looker(new Dwell(), needed * 1e6);
        let at = 0;
        let since = 0;
        let before: number | undefined;
        for (const { pause, progress } of looks) {
          at += pause;
          if (progress !== before) since = at;
          const ripe = progress === before && at - since >= needed;
          assert.deepEqual(look(at, view(1, { progress })), ripe ? ['c1'] : []);
          before = progress;
        }
      }),
    );
  });
});
