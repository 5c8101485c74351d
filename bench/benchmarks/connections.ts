import { type Benchmark, type Measured, roundsOf, type Setting } from '../benchmark.ts';
import { Workload } from '../child.ts';
import { Netns } from '../netns.ts';
import { preloaded } from '../preloaded.ts';
import { againstBare, ddTrace, hook, hookWithLimit, hookWithSpans, instrumentationNet } from '../preloads.ts';
import { interleaved } from '../rounds.ts';
import type { Spent } from '../workloads/connections.ts';

type End = 'client' | 'server' | 'both';

const rows = againstBare({
  [hook]: 1.12,
  [hookWithSpans]: 1.25,
  [hookWithLimit]: 1.25,
  [instrumentationNet]: undefined,
  [ddTrace]: undefined,
});

const how =
  'connect, write one byte, end, close; 16 in flight; bursts in processes that live for all rounds, after warming up; ' +
  'user and system CPU of all threads of the instrumented process, by process.cpuUsage().';

export const connectionClient: Benchmark = raw('connection_client', 'client', 'the process that connects');
export const connectionServer: Benchmark = raw('connection_server', 'server', 'the process that accepts');
export const connectionBoth: Benchmark = raw('connection_both', 'both', 'one process that does both');

function raw(name: string, end: End, who: string): Benchmark {
  return {
    name,
    what: `CPU per raw TCP connection, ${who}`,
    unit: 'us',
    compared: 'ratio',
    rows,
    how,
    run: (setting) => measure(end, setting),
  };
}

async function measure(end: End, setting: Setting): Promise<Measured> {
  const made = await setting.makeNetns();
  const through = made instanceof Netns ? made.through : [];
  const [count, warmUp] = setting.quick ? [200, 0] : [2000, 12_000];
  const peer = await Workload.start('connections', { through });
  const { workloads, skipped, endAll } = await preloaded('connections', rows, setting, { through });
  try {
    const peerPort = await peer.ask<number>({ ask: 'listen' });
    const ports = new Map<string, number>();
    for (const [variant, workload] of workloads) ports.set(variant, await workload.ask<number>({ ask: 'listen' }));
    const burst = async (variant: string, connections: number): Promise<number> => {
      const workload = workloads.get(variant) as Workload;
      const load = { ask: 'connect', count: connections, inFlight: 16 };
      if (end === 'client') return perOne(await workload.ask<Spent>({ ...load, port: peerPort }));
      const port = ports.get(variant);
      if (end === 'both') return perOne(await workload.ask<Spent>({ ...load, port }));
      await workload.ask({ ask: 'begin' });
      await peer.ask({ ...load, port });
      return perOne(await workload.ask<Spent>({ ask: 'finish', count: connections }));
    };
    for (const variant of workloads.keys()) if (warmUp > 0) await burst(variant, warmUp);
    const rounds = roundsOf(setting, { count: 25, warmUps: 1 });
    return { samples: await interleaved([...workloads.keys()], rounds, (variant) => burst(variant, count)), skipped };
  } finally {
    endAll();
    peer.end();
    if (made instanceof Netns) made.end();
  }
}

function perOne({ cpuUs, count }: Spent): number {
  return cpuUs / count;
}
