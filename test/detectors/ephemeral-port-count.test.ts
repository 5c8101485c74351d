import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ephemeralPortCount } from '../../src/detectors/ephemeral-port-count.ts';

const range = { firstPort: 32_768, lastPort: 60_999 };

function less(...reserved: [first: number, last: number][]): number | undefined {
  return ephemeralPortCount({ ...range, reservedPorts: reserved.map(([first, last]) => ({ first, last })) });
}

describe('ephemeralPortCount', () => {
  it('both ends of the range count; one port is one', () => {
    assert.equal(ephemeralPortCount(range), 28_232);
    assert.equal(ephemeralPortCount({ firstPort: 4000, lastPort: 4000 }), 1);
  });

  it('a range that is not known → undefined, and not 0', () => {
    assert.equal(ephemeralPortCount({}), undefined);
    assert.equal(ephemeralPortCount({ firstPort: 32_768 }), undefined);
    assert.equal(ephemeralPortCount({ lastPort: 60_999 }), undefined);
  });

  it('reserved ports are left out, at either end and in the middle', () => {
    assert.equal(less([40_000, 40_009]), 28_222);
    assert.equal(less([32_768, 32_768], [60_999, 60_999]), 28_230);
  });

  it('those that are not in the range are not missed', () => {
    assert.equal(less([1, 1024], [61_000, 65_535]), 28_232);
    assert.equal(less([32_000, 32_769]), 28_230);
    assert.equal(less([60_998, 65_535]), 28_230);
  });

  it('those that are reserved twice are left out once, in whatever order they come', () => {
    assert.equal(less([40_000, 40_099], [40_050, 40_149]), 28_082);
    assert.equal(less([40_050, 40_149], [40_000, 40_099]), 28_082);
    assert.equal(less([40_000, 40_099], [40_010, 40_020]), 28_132);
    assert.equal(less([40_000, 40_099], [40_000, 40_099]), 28_132);
  });

  it('all of them reserved → 0', () => {
    assert.equal(less([1, 65_535]), 0);
    assert.equal(less([1, 50_000], [50_001, 65_535]), 0);
  });
});
