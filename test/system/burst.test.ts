import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fixture, jsonLines, kernelNeeds, run } from './run.ts';

const connections = 10_000;

/** 64 at once, and of the rest four milliseconds' worth in each turn: however quick the host, by far not all of them. */
const mostInOneTurn = connections / 5;

/** The soft limit of open files; Node raises it to the hard one for itself and its children. */
function mostOpenFiles(): number {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}

const skip =
  kernelNeeds || (mostOpenFiles() < connections + 200 ? `needs ${connections + 200} open files (ulimit -Hn)` : false);

interface Printed {
  readonly told: Readonly<Record<string, number>>;
  readonly mostInOneTurn: number;
  readonly counts: { readonly told: number; readonly dropped: number };
  readonly left: number;
}

async function burst(who: 'client' | 'server', env: Readonly<Record<string, string>>): Promise<Printed> {
  const ended = await run([fixture('burst.mjs'), `${connections}`, who], { env, limitMs: 60_000 });
  const [printed] = jsonLines<Printed>(ended.stdout);
  assert.ok(ended.code === 0 && printed, ended.stderr);
  return printed;
}

describe(`${connections} connections that close at once`, { skip }, () => {
  for (const who of ['client', 'server'] as const)
    it(`by the ${who}: each is told, and at most ${mostInOneTurn} of them in one turn of the event loop`, async () => {
      const printed = await burst(who, { SYNFIN_MAX_SPANS_PER_SECOND: '1000000' });
      assert.deepEqual(printed.told, { 'tcp.handshake': connections, 'tcp.teardown fin': connections });
      assert.ok(printed.mostInOneTurn <= mostInOneTurn, `${printed.mostInOneTurn}`);
      assert.deepEqual([printed.counts, printed.left], [{ told: connections * 2, dropped: 0 }, 0]);
    });

  it('by default, 500 spans a second: what is not told is counted, each of them', async () => {
    const { counts, told } = await burst('client', {});
    assert.equal(counts.told + counts.dropped, connections * 2);
    assert.equal(
      counts.told,
      Object.values(told).reduce((sum, one) => sum + one),
    );
    assert.ok(counts.dropped > 0);
  });
});
