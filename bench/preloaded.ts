import type { Row, Setting } from './benchmark.ts';
import { Workload, type WorkloadOptions } from './child.ts';
import { preloadOf } from './preloads.ts';

/** Processes that do the same, each with another variant loaded before. */
export interface Preloaded {
  readonly workloads: ReadonlyMap<string, Workload>;
  /** Variants that cannot run here, with what they would need. */
  readonly skipped: Readonly<Record<string, string>>;
  readonly endAll: () => void;
}

/** Starts one process of a workload for the variant of each row. */
export async function preloaded(
  name: string,
  rows: readonly Row[],
  { peers }: Setting,
  { through = [], nodeOptions = [] }: WorkloadOptions,
): Promise<Preloaded> {
  const workloads = new Map<string, Workload>();
  const skipped: Record<string, string> = {};
  // Started together: an order of theirs says nothing.
  await Promise.all(
    rows.map(async ({ variant }) => {
      const preload = preloadOf(variant, peers);
      if (typeof preload === 'string') {
        skipped[variant] = preload;
        return;
      }
      const options = { through, nodeOptions: [...nodeOptions, ...preload.nodeOptions], env: preload.env };
      try {
        workloads.set(variant, await Workload.start(name, options));
      } catch (error) {
        skipped[variant] = `a process that starts: ${error instanceof Error ? error.message : String(error)}`;
      }
    }),
  );
  return { workloads, skipped, endAll: () => workloads.forEach((workload) => void workload.end()) };
}
