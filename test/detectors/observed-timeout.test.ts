import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { observedTimeout } from '../../src/detectors/observed-timeout.ts';
import { race } from './races.ts';

/** Failures at these seconds, with how long the peer had been idle when it finished. */
function timeout(...failures: readonly (readonly [at: number, idleMs: number | undefined])[]) {
  return observedTimeout(failures.map(([at, peerIdleMs]) => race(at, { peerIdleMs })));
}

/**
 *     a timeout of the server                the server goes
 *       ────idle────FIN                        ───────idle──FIN
 *           ────idle────FIN                             ─idle─FIN
 *                   ────idle────FIN                 ─────idle─FIN
 */
describe('observedTimeout', () => {
  it('one failure after 900 ms of idleness → the server closed it idle; why, does not show: it may be a restart', () => {
    assert.equal(timeout([1, 900]), undefined);
    assert.equal(timeout([1, 899]), 'none');
    assert.equal(timeout([1, 5000], [1.01, 5000]), undefined);
  });

  it('more than two of them in one moment → none yet: the server may have gone', () =>
    assert.equal(timeout([1, 5000], [1.01, 5000], [1.02, 5000]), 'none'));

  it('two such occasions that agree → a timeout; two that do not → it does not show', () => {
    assert.equal(timeout([1, 900], [2, 900]), 900);
    assert.equal(timeout([1, 5000], [9, 5004]), 5004);
    assert.equal(timeout([1, 5000], [9, 3000]), undefined);
  });

  it('no further apart than their idle times may differ → one restart that took a moment', () => {
    assert.equal(timeout([1, 4000], [2.02, 4000]), undefined);
    assert.equal(timeout([1, 4000], [2.03, 4000]), 4000);
  });

  it('two that agree among many that do not → chance', () => {
    assert.equal(timeout([1, 5000], [10, 1500], [20, 5000]), 5000);
    assert.equal(timeout([1, 5000], [10, 1500], [20, 5000], [30, 9000]), undefined);
  });

  it('after less, three occasions that are alike → a timeout; two → none yet', () => {
    assert.equal(timeout([1, 200], [2, 204]), 'none');
    assert.equal(timeout([1, 200], [2, 204], [3, 208]), 204);
  });

  it('several at one moment are one occasion', () => {
    assert.equal(timeout([1, 200], [1.03, 200], [1.06, 200]), 'none');
    assert.equal(timeout([1, 200], [1.09, 200], [2, 200], [3, 200]), 200);
  });

  it('all at one moment however long each had been idle → none: the server was started anew', () => {
    assert.equal(timeout([1, 8], [1.01, 300], [1.02, 2400]), 'none');
  });

  it('a restart among timeouts does not hide them', () => {
    assert.equal(timeout([1, 5000], [9, 8], [9.01, 3000], [20, 5004]), 5004);
  });

  it('a server that was late once → what most agree on', () =>
    assert.equal(timeout([1, 1160], [3, 200], [4, 204], [5, 204]), 204));

  it('less than 150 ms → in use, and not idle', () => {
    assert.equal(timeout([1, 150], [2, 150], [3, 150]), 150);
    assert.equal(timeout([1, 149], [2, 149], [3, 149]), 'none');
  });

  it('occasions that differ by more than a quarter, and the ticks of the kernel → none', () => {
    assert.equal(timeout([1, 300], [2, 300], [3, 380]), 300);
    assert.equal(timeout([1, 200], [2, 300], [3, 700]), 'none');
  });

  it('no more than half of all occasions alike → none', () => {
    assert.equal(timeout([1, 200], [2, 200], [3, 200], [4, 500], [5, 700]), 200);
    assert.equal(timeout([1, 200], [2, 200], [3, 200], [4, 500], [5, 700], [6, 60]), 'none');
  });

  it('idle times unknown → only that there is one, after three occasions', () => {
    assert.equal(timeout([1, undefined], [2, undefined]), 'none');
    assert.equal(timeout([1, undefined], [2, undefined], [3, undefined]), undefined);
  });

  it('of many occasions the last 64 tell', () => {
    const many = (count: number, from: number, idleMs: number) =>
      Array.from({ length: count }, (_, i) => [from + i, idleMs] as const);
    assert.equal(timeout(...many(100, 0, 1000), ...many(33, 200, 500)), 500);
    assert.equal(timeout(...many(100, 0, 1000), ...many(31, 200, 500)), 1000);
  });

  it('nothing failed → none', () => assert.equal(timeout(), 'none'));
});
