import type { Setting } from './benchmark.ts';
import { Workload } from './child.ts';
import type { Netns } from './netns.ts';
import { populate } from './population.ts';
import { preloadOf } from './preloads.ts';

/** A network namespace with other processes' sockets, and a server that is there to be connected to. */
export interface Stage {
  /** A process with this variant loaded and so many connections. */
  readonly start: (variant: string, connections: number, env?: Readonly<Record<string, string>>) => Promise<Workload>;
  readonly end: () => void;
}

/** Makes one in a namespace, which ends with it. */
export async function stageIn(netns: Netns, foreign: number, { peers }: Setting): Promise<Stage> {
  const { through } = netns;
  const workloads: Workload[] = [];
  const endings: (() => void)[] = [() => netns.end()];
  const end = () => {
    for (const workload of workloads) workload.end();
    for (const act of endings) act();
  };
  try {
    if (foreign > 0) endings.push((await populate(netns, foreign)).end);
  } catch (error) {
    end();
    throw error;
  }
  return {
    async start(variant, connections, env = {}) {
      const preload = preloadOf(variant, peers);
      if (typeof preload === 'string') throw new Error(preload);
      // Each has a server of its own, whose descriptors have an end too.
      const server = await Workload.start('live', { through });
      workloads.push(server);
      const port = await server.ask<number>({ ask: 'listen' });
      const { nodeOptions } = preload;
      const workload = await Workload.start('turns', { through, nodeOptions, env: { ...preload.env, ...env } });
      workloads.push(workload);
      await workload.ask({ ask: 'open', port, count: connections });
      return workload;
    },
    end,
  };
}
