import { type Benchmark, type Measured, roundsOf, type Setting } from '../benchmark.ts';
import { Workload } from '../child.ts';
import { Netns } from '../netns.ts';
import {
  againstBare,
  bare,
  bareAgain,
  ddTrace,
  hook,
  hookWithSpans,
  instrumentationNet,
  preloadOf,
} from '../preloads.ts';
import { interleaved } from '../rounds.ts';
import type { Memory } from '../workloads/live.ts';

const outside = (variant: string) => `${variant}: buffers`;

const rows = [
  ...againstBare({ [hook]: 400, [hookWithSpans]: undefined, [instrumentationNet]: undefined, [ddTrace]: undefined }),
  { variant: outside(bare) },
  { variant: outside(hook), against: outside(bare) },
];

const how =
  'heapUsed after full collections with 10,000 live connections, less that with 200, in a fresh process for each ' +
  'number; buffers: external and arrayBuffers, the same way.';

export const heapClient: Benchmark = live('heap_client', 'client');
export const heapServer: Benchmark = live('heap_server', 'server');

function live(name: string, end: 'client' | 'server'): Benchmark {
  return {
    name,
    what: `heap per live connection, ${end}`,
    unit: 'B',
    compared: 'difference',
    rows,
    how,
    run: (setting) => measure(end, setting),
  };
}

async function measure(end: 'client' | 'server', setting: Setting): Promise<Measured> {
  const made = await setting.makeNetns();
  const through = made instanceof Netns ? made.through : [];
  const skipped: Record<string, string> = {};
  const variants = [bare, bareAgain, hook, hookWithSpans, instrumentationNet, ddTrace].filter((variant) => {
    const preload = preloadOf(variant, setting.peers);
    if (typeof preload === 'string') skipped[variant] = preload;
    return typeof preload !== 'string';
  });
  const buffers: Record<string, number[]> = { [outside(bare)]: [], [outside(hook)]: [] };
  try {
    const heap = await interleaved(variants, roundsOf(setting, { count: 3, warmUps: 0 }), async (variant) => {
      const each = await perConnection(end, variant, setting, through);
      buffers[outside(variant)]?.push(each.buffers);
      return each.heap;
    });
    return { samples: { ...heap, ...buffers }, skipped };
  } finally {
    if (made instanceof Netns) made.end();
  }
}

async function perConnection(
  end: 'client' | 'server',
  variant: string,
  { quick, peers }: Setting,
  through: readonly string[],
): Promise<{ heap: number; buffers: number }> {
  const preload = preloadOf(variant, peers);
  if (typeof preload === 'string') throw new Error(preload);
  const measured = await Workload.start('live', {
    nodeOptions: ['--expose-gc', ...preload.nodeOptions],
    env: preload.env,
    through,
  });
  const peer = await Workload.start('live', { through });
  try {
    const [server, client] = end === 'server' ? [measured, peer] : [peer, measured];
    const port = await server.ask<number>({ ask: 'listen' });
    const few = 200;
    const many = quick ? 1000 : 10_000;
    const at = async (count: number, added: number) => {
      await client.ask({ ask: 'open', port, count: added });
      await server.ask({ ask: 'awaitAccepted', count });
      return measured.ask<Memory>({ ask: 'memory' });
    };
    const before = await at(few, few);
    const after = await at(few + many, many);
    return {
      heap: (after.heapUsed - before.heapUsed) / many,
      buffers: (after.external + after.arrayBuffers - before.external - before.arrayBuffers) / many,
    };
  } finally {
    measured.end();
    peer.end();
  }
}
