import type { Measured, Row, Setting } from './benchmark.ts';
import type { Workload } from './child.ts';
import { preloaded } from './preloaded.ts';
import { interleaved, joined, type Rounds, type Samples } from './rounds.ts';

/** How processes with different preloads are measured while they do the same. */
export interface Lives<Prepared> {
  readonly through: readonly string[];
  /** The processes are started anew so often: two that are the same are not equally fast, each for all its life. */
  readonly lives: number;
  /** Of each life. */
  readonly rounds: Rounds;
  /** Size of the burst that each process is warmed up with; 0 for none. */
  readonly warmUp: number;
  readonly prepare: (workload: Workload) => Promise<Prepared>;
  /** One number of one process; `size` where it is not the usual one. */
  readonly burst: (workload: Workload, prepared: Prepared, size?: number) => Promise<number>;
}

/** Measures each row's variant in bursts, round by round, over several lives of the processes. */
export async function inLives<Prepared>(
  name: string,
  rows: readonly Row[],
  setting: Setting,
  { through, lives, rounds, warmUp, prepare, burst }: Lives<Prepared>,
): Promise<Measured> {
  let samples: Samples = {};
  let skipped: Measured['skipped'] = {};
  for (let life = 0; life < (setting.quick ? 1 : lives); life++) {
    const started = await preloaded(name, rows, setting, { through });
    skipped = started.skipped;
    try {
      const prepared = new Map<string, Prepared>();
      for (const [variant, workload] of started.workloads) prepared.set(variant, await prepare(workload));
      const measure = (variant: string, size?: number) =>
        burst(started.workloads.get(variant) as Workload, prepared.get(variant) as Prepared, size);
      for (const variant of started.workloads.keys()) if (warmUp > 0) await measure(variant, warmUp);
      samples = joined(
        samples,
        await interleaved([...started.workloads.keys()], rounds, (variant) => measure(variant)),
      );
    } finally {
      started.endAll();
    }
  }
  return { samples, skipped };
}
