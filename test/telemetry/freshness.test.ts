import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Freshness } from '../../src/telemetry/freshness.ts';
import { seconds } from '../connection/observations.ts';

/** Seen at these seconds: whether it holds at each of those. */
function holds(seen: readonly number[], at: readonly number[], everyS = 0): boolean[] {
  const freshness = new Freshness();
  for (const second of seen) freshness.seen(seconds(second), everyS * 1e6);
  return at.map((second) => freshness.isFresh(seconds(second)));
}

describe('what was seen last', () => {
  it('nothing yet → not known', () => assert.deepEqual(holds([], [0]), [false]));

  it('holds for as long as a TIME_WAIT', () => assert.deepEqual(holds([0, 5], [67, 67.1]), [true, false]));

  it('looks are rarer than that → for twice the pause', () =>
    assert.deepEqual(holds([0, 90], [270, 270.1]), [true, false]));

  it('the next is to come later than that → for twice as long, from the first on', () =>
    assert.deepEqual(holds([0], [120, 120.1], 60), [true, false]));

  it('nobody looked for an hour → that was no pause to expect again', () =>
    assert.deepEqual(holds([0, 3600], [4200, 4200.1]), [true, false]));
});
