import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { findingKinds } from '../../src/detectors/kinds.ts';
import { faults } from '../soak/all-faults.ts';
import { faultRun, isTold } from '../soak/fault-run.ts';
import { healthy, slowestMs, starvedMs } from '../soak/healthy.ts';
import { quick } from '../soak/patience.ts';
import { faultLine, healthyTable } from '../soak/table.ts';
import { kernelNeeds } from './run.ts';

/** A corner of `npm run soak`: longer than the longest threshold, and with a sixth of the load. */
const minutes = 1.4;
const load = 1 / 6;

/** Of each way to fail one: by far not all. */
const planted = ['fetch-body-large', 'paused-socket', 'half-open-never-ended', 'peer-not-reading', 'fetch-body'];

describe('the soak, a corner of it', { skip: kernelNeeds, concurrency: 3 }, () => {
  it('a healthy service with the thresholds that users have → no finding, in any of its processes', async (test) => {
    const result = await healthy({ minutes, sources: 'auto', load, namespace: true, note: () => {} });
    // A service that does not get to run is not healthy: to its clients it does not close what they have closed.
    if (slowestMs(result) > starvedMs) return test.skip('needs a host on which a process gets to run every 10 s');
    const { told, broken, lost, blind, parts } = result;
    assert.deepEqual({ told, broken, lost, blind }, { told: [], broken: [], lost: 0, blind: [] }, healthyTable(result));
    const did = (what: string) => parts.reduce((sum, { end }) => sum + (end.did[what] ?? 0), 0);
    const kinds = ['requests over a pool', 'health checks', 'uploads that were aborted', 'half-closing clients'];
    for (const what of kinds) assert.ok(did(what) > 0, `${what}\n${healthyTable(result)}`);
  });

  for (const name of planted)
    it(`${name} → it is told, and nothing else`, async () => {
      const fault = faults[name] ?? assert.fail(name);
      const result = await faultRun(name, fault, { sources: 'auto', load: load / 4, ...quick });
      assert.ok(isTold(result) && result.skipped === undefined, faultLine(result));
    });
});

describe('the faults that can be planted', () => {
  it('are of every kind of finding', () => {
    const kinds = new Set(Object.values(faults).map(({ kind }) => kind));
    assert.deepEqual([...kinds].sort(), [...findingKinds].sort());
  });

  it('have a row each in docs/soak.md, and no other has', () => {
    const rows = readFileSync('docs/soak.md', 'utf8').match(/^\| `.*$/gm);
    const told = Object.entries(faults).map(
      ([name, { kind, cause }]) => `| \`${name}\` | \`${kind}\` | \`${cause}\` |`,
    );
    assert.deepEqual(rows, told);
  });
});
