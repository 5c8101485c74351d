// Looks at all sockets of the network namespace as synfin does.
import { allStates, dumpOnce, leakStates } from '../subjects.ts';
import { cpuUs, serve } from './serve.ts';

/** CPU of one look, the mean of some, and what the last one saw. */
export interface Look {
  readonly cpuUs: number;
  readonly rows: number;
}

const states = { all: allStates, leaks: leakStates, close_wait: ['close_wait'] } as const;

serve({
  async look({ at, times }: { at: keyof typeof states; times: number }): Promise<Look> {
    const before = cpuUs();
    let rows = 0;
    for (let i = 0; i < times; i++) rows = await dumpOnce(states[at]);
    return { cpuUs: (cpuUs() - before) / times, rows };
  },
});
