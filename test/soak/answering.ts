import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import type { SourceStatus, start } from '../../src/index.ts';
import { tally } from './tally.ts';

/** What a process of the soak says of itself. */
export interface Report {
  readonly did: Readonly<Record<string, number>>;
  readonly rssMb: number;
  readonly heapMb: number;
  /** The 99th percentile of how late the event loop was since the last report, in milliseconds. */
  readonly loopP99Ms: number;
  /** Empty where synfin is not loaded. */
  readonly sources: readonly SourceStatus[];
}

/** What a process can be asked for, by name. */
export type Answers = Readonly<Record<string, (given: never) => unknown>>;

interface Question {
  readonly id: number;
  readonly ask: string;
  readonly given: unknown;
}

const resolutionMs = 10;

/** Answers the soak, and ends with it. */
export async function answering(answers: Answers): Promise<void> {
  const loop = monitorEventLoopDelay({ resolution: resolutionMs });
  loop.enable();
  const agent = process.execArgv.includes('--import') ? (await synfin()).start() : undefined;
  const report = (): Report => {
    const { rss, heapUsed } = process.memoryUsage();
    const loopP99Ms = Math.max(0, loop.percentile(99) / 1e6 - resolutionMs);
    loop.reset();
    return {
      did: tally(),
      rssMb: rss / 2 ** 20,
      heapMb: heapUsed / 2 ** 20,
      loopP99Ms,
      sources: agent?.sources() ?? [],
    };
  };
  const all: Answers = { ...answers, report, ping: () => true };
  process.once('disconnect', () => process.exit());
  process.on('message', async ({ id, ask, given }: Question) => {
    try {
      process.send?.({ id, answer: await all[ask]?.(given as never) });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
}

/** The package as it is published. */
function synfin(): Promise<{ start: typeof start }> {
  return import(pathToFileURL('dist/index.js').href);
}
