import type { Benchmark } from './benchmark.ts';
import { connectionBoth, connectionClient, connectionServer } from './benchmarks/connections.ts';
import { heapClient, heapServer } from './benchmarks/heap.ts';

/** The table of all benchmarks: docs/performance.md is held to it by a test. */
export const benchmarks: readonly Benchmark[] = [
  connectionClient,
  connectionServer,
  connectionBoth,
  heapClient,
  heapServer,
];
