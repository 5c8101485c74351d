import { isMainThread } from 'node:worker_threads';
import type { HostFacts } from './connection/host-facts.ts';
import type { Tracker } from './connection/tracker.ts';
import type { IgnoresDestination } from './detectors/all-detectors.ts';
import { CensusWalk, type PlaceMeasuring } from './host/census-walk.ts';
import { CounterFiles } from './host/counters.ts';
import { FailedConnects } from './host/failed-connects.ts';
import { type HostPart, HostWatch } from './host/host-watch.ts';
import { IdleAgentsPart } from './host/idle-agents.ts';
import { queueParts } from './host/queue-parts.ts';
import type { KernelAccess } from './kernel-access.ts';
import type { Options } from './options.ts';
import type { NetSource } from './sources/net/net-source.ts';
import type { Selection } from './sources/select.ts';
import type { Report } from './sources/source.ts';
import type { Endpoint } from './tcp/endpoint.ts';
import type { Instant } from './tcp/identity.ts';

export interface HostWatchPorts {
  readonly procRoot: string;
  readonly options: Options;
  readonly access: KernelAccess;
  readonly hostFacts: HostFacts;
  readonly net: NetSource;
  readonly tracker: Tracker;
  readonly report: Report;
  readonly settle: () => Promise<void>;
  readonly fault: (where: string, error: unknown) => void;
  readonly now: () => Instant;
  readonly ignores: IgnoresDestination | undefined;
  /** Whoever judges wants a census, whatever the counters say. */
  readonly wantsCensus: () => boolean;
  readonly measuring: PlaceMeasuring;
}

/**
 * What is looked at around the connections. What is the namespace's is looked at by one thread of the process; by
 * another, too, while that one has a server.
 */
export function hostWatch(watch: HostWatchPorts, glance: Selection['glance'], spent: (us: number) => void): HostWatch {
  const { procRoot, options, access, hostFacts: facts, net, tracker, settle, fault, report, now, ignores } = watch;
  const { timeWaitShare } = options;
  const isIgnored = (requested?: Endpoint, peer = requested) =>
    peer !== undefined && ignores?.(peer, requested) === true;
  const parts: HostPart[] = [
    new FailedConnects({ net, now, report }),
    ...queueParts({
      facts,
      counters: new CounterFiles({ procRoot, now, report }),
      speaksForNamespace: isMainThread,
      listeners: () => net.listeners(),
      acceptQueue: (fd) => access.sockets()?.acceptQueue(fd),
      glance,
      now,
      report,
    }),
  ];
  const idleAgents = new IdleAgentsPart({
    agentsOpened: () => net.agentsOpened,
    agentSockets: () => net.agentSockets(),
    now,
    report,
    isIgnored,
  });
  parts.push(idleAgents);
  const { wantsCensus: wanted, measuring } = watch;
  const { closed } = tracker;
  const ours = () => net.listeners().map(({ local }) => local.port);
  if (isMainThread)
    parts.push(
      new CensusWalk({ facts, closed, ours, glance, share: timeWaitShare, wanted, now, report, spent, measuring }),
    );
  return new HostWatch({ parts, settle, fault });
}
