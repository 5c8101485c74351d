import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HostPart, HostWatch } from '../../src/host/host-watch.ts';

describe('a look', () => {
  it('each part in its turn, and what it said is taken in before the next one looks', async () => {
    const done: string[] = [];
    const part = (name: string): HostPart => ({ look: async () => void done.push(name) });
    const settle = async () => void done.push('settle');
    const parts = [part('counters'), part('queues')];
    await new HostWatch({ parts, settle, fault: assert.fail }).look();
    assert.deepEqual(done, ['counters', 'settle', 'queues', 'settle']);
  });

  it('a part that breaks is noted, and hides no other', async () => {
    const faults: string[] = [];
    let looked = 0;
    const watch = new HostWatch({
      parts: [{ look: () => Promise.reject(new Error('no such file')) }, { look: async () => void looked++ }],
      settle: async () => {},
      fault: (_where, error) => void faults.push(String(error)),
    });
    await watch.look();
    assert.equal(looked, 1);
    assert.deepEqual(faults, ['Error: no such file']);
  });
});
