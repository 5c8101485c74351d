import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cjs, type Environment, esm, told } from './app.ts';
import { assertToldOnce, countsOf } from './paths.ts';

const both = ['@opentelemetry/auto-instrumentations-node/register', 'synfin/register'];

/** How many connections are made in each of these ways. */
const connections = { fork: 1, spawn: 1, 'worker thread': 1, 'cluster, round-robin': 4, 'cluster, SCHED_NONE': 4 };
type Way = keyof typeof connections;

const flags = (flag: string) => both.flatMap((preload) => [flag, preload]);

describe('processes and threads: each tells its own connections, once, and ends by itself', { concurrency: 2 }, () => {
  for (const way of Object.keys(connections) as Way[])
    it(`${way}, NODE_OPTIONS with --import synfin/register, and SYNFIN_START_SDK=true`, () =>
      once([esm, 'no SDK', way], way, { NODE_OPTIONS: '--import synfin/register', SYNFIN_START_SDK: 'true' }));

  for (const way of ['fork', 'worker thread', 'cluster, round-robin'] as const)
    it(`${way}, NODE_OPTIONS with two --import`, () =>
      once([esm, 'no SDK', way], way, { NODE_OPTIONS: flags('--import').join(' ') }));

  for (const way of ['spawn', 'worker thread', 'cluster, SCHED_NONE'] as const)
    it(`${way}, NODE_OPTIONS with two --require`, () =>
      once([cjs, 'no SDK', way], way, { NODE_OPTIONS: flags('--require').join(' ') }));

  // Node hands its own arguments down to these.
  for (const way of ['fork', 'worker thread'] as const)
    it(`${way}, two --import on the command line`, () => once([...flags('--import'), esm, 'no SDK', way], way));
});

async function once(args: readonly string[], way: Way, env?: Environment): Promise<void> {
  const spans = await told(args, env);
  const count = connections[way];
  assert.deepEqual(countsOf(spans), {
    'client tcp.handshake': count,
    'client tcp.teardown': count,
    'server tcp.handshake': count,
    'server tcp.teardown': count,
  });
  assertToldOnce(spans);
}
