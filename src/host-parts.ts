import { isMainThread } from 'node:worker_threads';
import type { HostFacts } from './connection/host-facts.ts';
import type { Tracker } from './connection/tracker.ts';
import { AcceptQueue } from './detectors/accept-queue.ts';
import { EphemeralPorts } from './detectors/ephemeral-ports.ts';
import { IdlePileUp } from './detectors/idle-pile-up.ts';
import { KeepAliveRace } from './detectors/keep-alive-race.ts';
import { SynFlood } from './detectors/syn-flood.ts';
import { TimeWaitBuildup } from './detectors/time-wait-buildup.ts';
import { CensusWalk } from './host/census-walk.ts';
import { CounterFiles } from './host/counters.ts';
import { FailedConnects } from './host/failed-connects.ts';
import { type HostPart, HostWatch } from './host/host-watch.ts';
import { IdleAgentsPart } from './host/idle-agents.ts';
import { queueParts } from './host/queue-parts.ts';
import { ignoringDestinations } from './ignored.ts';
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
}

/**
 * What is looked at around the connections, and who judges it. What is the namespace's is looked at by one thread of the
 * process; by another, too, while that one has a server.
 */
export function hostWatch(watch: HostWatchPorts, glance: Selection['glance'], spent: (us: number) => void): HostWatch {
  const { procRoot, options, access, hostFacts: facts, net, tracker, settle, fault, report, now } = watch;
  const { timeWaitShare, ignore } = options;
  const ignores = ignoringDestinations(ignore);
  const isIgnored = (requested?: Endpoint, peer = requested) =>
    peer !== undefined && ignores?.(peer, requested) === true;
  const ports = new EphemeralPorts({ timeWaitShare, ignores });
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
  const wanted = () => ports.wantsCensus;
  const { closed } = tracker;
  const ours = () => net.listeners().map(({ local }) => local.port);
  if (isMainThread)
    parts.push(new CensusWalk({ facts, closed, ours, glance, share: timeWaitShare, wanted, now, report, spent }));
  const races = new KeepAliveRace(({ requested, peer }) => isIgnored(requested, peer));
  const timeWaits = new TimeWaitBuildup(timeWaitShare);
  const detectors = [new AcceptQueue(), new SynFlood(), ports, timeWaits, races, new IdlePileUp()];
  return new HostWatch({ facts, parts, detectors, settle, fault });
}
