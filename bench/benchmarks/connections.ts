import { type Benchmark, type Measured, type Row, roundsOf, type Setting } from '../benchmark.ts';
import { Workload } from '../child.ts';
import { inLives } from '../lives.ts';
import { Netns } from '../netns.ts';
import {
  againstBare,
  ddTrace,
  hook,
  hookWithBoth,
  hookWithLimit,
  hookWithMetrics,
  hookWithSpans,
  instrumentationNet,
} from '../preloads.ts';
import type { Spent } from '../workloads/connections.ts';

type End = 'client' | 'server' | 'both';

const withSpans = { [hookWithSpans]: 1.25, [hookWithLimit]: 1.25 };
const targets = { [hook]: 1.12, [hookWithMetrics]: 1.2, ...withSpans, [hookWithBoth]: 1.25 };
const peers = { [instrumentationNet]: undefined, [ddTrace]: undefined };

const how =
  'connect, write one byte, end, close; 16 in flight; user and system CPU of all threads of the instrumented process; ' +
  'bursts in processes that live for several rounds, after warming up.';

export const connectionClient: Benchmark = raw('connection_client', 'client', 'the process that connects');
export const connectionServer: Benchmark = raw('connection_server', 'server', 'the process that accepts');
export const connectionBoth: Benchmark = raw('connection_both', 'both', 'one process that does both');

function raw(name: string, end: End, who: string): Benchmark {
  const rows = againstBare(end === 'both' ? targets : { ...targets, ...peers });
  return {
    name,
    what: `CPU per raw TCP connection, ${who}`,
    unit: 'us',
    compared: 'ratio',
    rows,
    how,
    run: (setting) => measure(end, rows, setting),
  };
}

async function measure(end: End, rows: readonly Row[], setting: Setting): Promise<Measured> {
  const made = await setting.makeNetns();
  const through = made instanceof Netns ? made.through : [];
  const [usual, warmUp] = setting.quick ? [200, 0] : end === 'both' ? [500, 5000] : [1000, 8000];
  const peer = await Workload.start('connections', { through });
  try {
    const peerPort = await peer.ask<number>({ ask: 'listen' });
    return await inLives('connections', rows, setting, {
      through,
      lives: 2,
      rounds: roundsOf(setting, { count: 12, warmUps: 0 }),
      warmUp,
      prepare: (workload) => workload.ask<number>({ ask: 'listen' }),
      async burst(workload, port, count = usual) {
        const load = { ask: 'connect', count, inFlight: 16 };
        if (end === 'client') return perOne(await workload.ask<Spent>({ ...load, port: peerPort }));
        if (end === 'both') return perOne(await workload.ask<Spent>({ ...load, port }));
        await workload.ask({ ask: 'begin' });
        await peer.ask({ ...load, port });
        return perOne(await workload.ask<Spent>({ ask: 'finish', count }));
      },
    });
  } finally {
    peer.end();
    if (made instanceof Netns) made.end();
  }
}

function perOne({ cpuUs, count }: Spent): number {
  return cpuUs / count;
}
