import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HostFacts } from '../../src/connection/host-facts.ts';
import type { Case } from '../../src/detectors/case.ts';
import { placeCase } from '../../src/detectors/case.ts';
import type { HostDetector } from '../../src/detectors/host-detector.ts';
import { type HostPart, HostWatch } from '../../src/host/host-watch.ts';
import { instant } from '../../src/tcp/identity.ts';

const at = instant(5_000_000);

function found(): Case {
  return placeCase({
    kind: 'ephemeral_ports',
    cause: 'exhausted',
    count: 9,
    where: '10.0.0.2:80',
    since: at,
    severity: 'critical',
    subject: { role: 'client', destination: '10.0.0.2:80' },
    confidence: 'observed',
  });
}

describe('a look', () => {
  it('each part in its turn, and what it said is taken in before the next one looks', async () => {
    const done: string[] = [];
    const part = (name: string): HostPart => ({ look: async () => void done.push(name) });
    const settle = async () => void done.push('settle');
    const parts = [part('counters'), part('queues')];
    await new HostWatch({ facts: new HostFacts(), parts, detectors: [], settle, fault: assert.fail }).look();
    assert.deepEqual(done, ['counters', 'settle', 'queues', 'settle']);
  });

  it('a part or a detector that breaks is noted, and hides no other', async () => {
    const faults: string[] = [];
    const broken = {
      look: () => Promise.reject(new Error('no such file')),
      examine: () => {
        throw new Error('out of range');
      },
    } satisfies HostPart & HostDetector;
    let looked = 0;
    const watch = new HostWatch({
      facts: new HostFacts(),
      parts: [broken, { look: async () => void looked++ }],
      detectors: [broken, { examine: () => [found()] }],
      settle: async () => {},
      fault: (_where, error) => void faults.push(String(error)),
    });
    await watch.look();
    assert.equal(watch.cases(at).length, 1);
    assert.equal(looked, 1);
    assert.deepEqual(faults, ['Error: no such file', 'Error: out of range']);
  });
});
