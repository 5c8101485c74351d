import type { Benchmark } from './benchmark.ts';
import { connectionBoth, connectionClient, connectionServer } from './benchmarks/connections.ts';
import { heapClient, heapServer } from './benchmarks/heap.ts';
import { httpKeepAlive, httpNewConnections } from './benchmarks/http.ts';
import { idleAlone, idleBeside, longestTurn, tcpInfo } from './benchmarks/looks.ts';
import { snapshot10k, snapshot50k } from './benchmarks/snapshot.ts';
import { startUpCpu, startUpMemory } from './benchmarks/start-up.ts';

/** The table of all benchmarks: docs/performance.md is held to it by a test. */
export const benchmarks: readonly Benchmark[] = [
  connectionClient,
  connectionServer,
  connectionBoth,
  httpKeepAlive,
  httpNewConnections,
  heapClient,
  heapServer,
  snapshot10k,
  snapshot50k,
  longestTurn,
  tcpInfo,
  idleAlone,
  idleBeside,
  startUpCpu,
  startUpMemory,
];
