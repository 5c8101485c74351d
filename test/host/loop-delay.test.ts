import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Observation } from '../../src/connection/observation.ts';
import { LoopDelay } from '../../src/host/loop-delay.ts';
import { instant } from '../../src/tcp/identity.ts';

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

function measuring() {
  const told: number[] = [];
  let wanted = true;
  const part = new LoopDelay({
    wanted: () => wanted,
    now: () => instant(0),
    report(said: Observation) {
      if (said.kind === 'host' && said.fact.name === 'loop_delay') told.push(said.fact.longestMs);
    },
  });
  const stop = () => {
    wanted = false;
  };
  return { part, told, stop };
}

const monitors = () => process.getActiveResourcesInfo().filter((name) => /histogram/i.test(name));

describe('how long the loop was held', () => {
  it('the longest since the last look, too short by at most one step; then forgotten', async (context) => {
    const { part, told } = measuring();
    context.after(() => part.end());
    await part.look();
    assert.deepEqual(told, [], 'nothing was measured before');
    await delay(600);
    block(1500);
    await delay(300);
    await part.look();
    assert.ok((told[0] ?? 0) > 1200, `${told[0]}`);
    await delay(300);
    await part.look();
    assert.ok((told[1] ?? 0) < (told[0] ?? 0), `${told}`);
  });

  it('shows among no active resources, wanted or not, and after its end', async () => {
    const { part, told, stop } = measuring();
    await part.look();
    assert.deepEqual(monitors(), []);
    stop();
    await part.look();
    assert.deepEqual(monitors(), []);
    part.end();
    await part.look();
    assert.deepEqual([monitors(), told], [[], []]);
  });
});
