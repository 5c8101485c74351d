import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Growth, severityOf } from '../../src/detectors/growth.ts';
import { seconds } from '../connection/observations.ts';

/** Counts as [second, count] of each look. */
function grown(...looks: readonly (readonly [number, number])[]): Growth {
  const growth = new Growth();
  for (const [at, count] of looks) growth.look(seconds(at), count);
  return growth;
}

const limit = { usage: 100, limit: 1000 };

describe('Growth', () => {
  it('no look, one look, two at the same time → no growth', () => {
    assert.equal(grown().perMinute, 0);
    assert.equal(grown([0, 5]).perMinute, 0);
    assert.equal(grown([7, 5], [7, 9]).perMinute, 0);
  });

  it('is counted by the minute, from the first to the last look', () => {
    assert.equal(grown([0, 1], [30, 2]).perMinute, 2);
    assert.equal(grown([0, 1], [10, 50], [60, 4]).perMinute, 3);
  });

  it('fewer than before → below nought', () => assert.equal(grown([0, 10], [60, 4]).perMinute, -6));

  it('remembers sixty looks: what was before is no growth any more', () => {
    const growth = grown([0, 0], [5, 100]);
    for (let look = 1; look < 60; look++) growth.look(seconds(5 + look * 5), 100);
    assert.equal(growth.perMinute, 0);
  });

  it('one burst among many looks is not growth', () => {
    const growth = grown([0, 40]);
    for (let look = 1; look < 20; look++) growth.look(seconds(look * 5), 100);
    assert.equal(growth.perMinute, 0);
    assert.equal(growth.forecast(limit), undefined);
  });

  it('only the last sixty looks count', () => {
    const growth = grown();
    for (let look = 0; look < 100; look++) growth.look(seconds(look * 60), look);
    for (let look = 100; look < 160; look++) growth.look(seconds(look * 60), 100);
    assert.equal(growth.perMinute, 0);
  });
});

describe('forecast', () => {
  const enough: [number, number][] = [0, 15, 30, 45, 60].map((at, look) => [at, look * 10]);

  it('five looks over a minute: what is left of the limit, at this growth', () => {
    assert.deepEqual(grown(...enough).forecast(limit), { limit: 1000, reached_in_s: 1350 });
  });

  it('four looks → none, however long', () => {
    assert.equal(grown(...enough.slice(1), [600, 400]).forecast(limit) !== undefined, true);
    assert.equal(grown([0, 0], [100, 10], [200, 20], [600, 30]).forecast(limit), undefined);
  });

  it('less than a minute → none, however many looks', () => {
    const hasty = Array.from({ length: 40 }, (_, look): [number, number] => [look * 1.5, look]);
    assert.equal(grown(...hasty).forecast(limit), undefined);
    assert.equal(grown(...enough.slice(0, 4), [59.999, 40]).forecast(limit), undefined);
  });

  it('no growth, or fewer than before → none', () => {
    assert.equal(grown(...enough.map(([at]): [number, number] => [at, 3])).forecast(limit), undefined);
    assert.equal(grown(...enough.map(([at, count]): [number, number] => [at, 50 - count])).forecast(limit), undefined);
  });

  it('the limit is not known → none', () => assert.equal(grown(...enough).forecast(undefined), undefined));

  it('the limit is reached, or passed → now, never before now', () => {
    assert.equal(grown(...enough).forecast({ usage: 1000, limit: 1000 })?.reached_in_s, 0);
    assert.equal(grown(...enough).forecast({ usage: 1200, limit: 1000 })?.reached_in_s, 0);
  });
});

describe('severityOf', () => {
  it('95 % of the limit → critical; below → warning', () => {
    assert.equal(severityOf({ usage: 949, limit: 1000 }, undefined), 'warning');
    assert.equal(severityOf({ usage: 950, limit: 1000 }, undefined), 'critical');
    assert.equal(severityOf({ usage: 1000, limit: 1000 }, undefined), 'critical');
  });

  it('reached within the hour → critical; a second later → warning', () => {
    assert.equal(severityOf(limit, { limit: 1000, reached_in_s: 3600 }), 'critical');
    assert.equal(severityOf(limit, { limit: 1000, reached_in_s: 3601 }), 'warning');
  });

  it('nothing is known → warning', () => assert.equal(severityOf(undefined, undefined), 'warning'));
});
