import { Workload } from './child.ts';
import type { Netns } from './netns.ts';

/** A process may not have more descriptors than the usual hard limit of 20,000, and nine of ten sockets have one. */
const mostEach = 17_000;

/** So many sockets of other processes in a network namespace, in the mix of `workloads/population.ts`. */
export async function populate(netns: Netns, count: number): Promise<{ end: () => void }> {
  const processes = Math.ceil(count / mostEach);
  const { through } = netns;
  const workloads = await Promise.all(
    Array.from({ length: processes }, () => Workload.start('population', { through })),
  );
  const end = () => workloads.forEach((workload) => void workload.end());
  try {
    const each = Math.round(count / Math.max(processes, 1));
    await Promise.all(workloads.map((workload) => workload.ask({ ask: 'populate', count: each })));
  } catch (error) {
    end();
    throw error;
  }
  return { end };
}
