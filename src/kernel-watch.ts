import { isMainThread, threadId } from 'node:worker_threads';
import type { HostFacts } from './connection/host-facts.ts';
import type { Lifecycle } from './connection/lifecycle.ts';
import type { Tracker } from './connection/tracker.ts';
import { closeWaitLeak } from './detectors/close-wait-leak.ts';
import { IdlePileUp } from './detectors/idle-pile-up.ts';
import { KeepAliveRace } from './detectors/keep-alive-race.ts';
import { unreadData } from './detectors/unread-data.ts';
import { Examiner } from './examiner.ts';
import { type ExplainedFinding, explain } from './explain/explain.ts';
import { findingText } from './explain/text.ts';
import { CounterFiles } from './host/counters.ts';
import { HostWatch } from './host/host-watch.ts';
import { IdleAgentsPart } from './host/idle-agents.ts';
import { ignoringDestinations } from './ignored.ts';
import type { KernelAccess } from './kernel-access.ts';
import { kernelSources } from './kernel-sources.ts';
import type { Options } from './options.ts';
import type { SourceStatus } from './sources/candidate.ts';
import type { NetSource } from './sources/net/net-source.ts';
import type { Threads } from './sources/net/thread-claims.ts';
import { Selection } from './sources/select.ts';
import type { Report } from './sources/source.ts';
import { Strangers } from './strangers.ts';
import type { Instant } from './tcp/identity.ts';

const procRoot = '/proc';

export interface KernelWatchPorts {
  readonly options: Options;
  readonly access: KernelAccess;
  readonly tracker: Tracker;
  readonly hostFacts: HostFacts;
  readonly net: NetSource;
  readonly threads: Threads;
  readonly report: Report;
  readonly now: () => Instant;
  /** Takes in all that was reported. */
  readonly settle: () => Promise<void>;
  /** Told to a person. */
  readonly tell: (message: string) => void;
  readonly fault: (where: string, error: unknown) => void;
  readonly wallTime: (at: Instant) => string;
  readonly traceOf: (connection: Lifecycle) => string | undefined;
  /** A finding that was told is about this connection. */
  readonly leaked: (connection: Lifecycle) => void;
}

/**
 * Looks at the kernel and judges what it shows. Loaded when the application has begun to use sockets: a program that
 * has none pays nothing for it.
 */
export class KernelWatch {
  readonly #selection: Selection;
  readonly #examiner: Examiner;

  constructor(ports: KernelWatchPorts) {
    const { options, access, net, tracker, report, now, tell } = ports;
    const sources = kernelSources(access, options, {
      now,
      procRoot,
      ownSockets: (told) => net.ownSockets(told),
      suspects: () => tracker.suspects(),
      sweepNamespace: isMainThread,
    });
    this.#selection = new Selection(sources, {
      report,
      // One thread speaks for the process.
      tell: (message) => isMainThread && tell(message),
      retryMs: options.intervalMs,
      now,
    });
    this.#examiner = makeExaminer(ports, (us) => this.#selection.charge(us));
  }

  /** Runs until the signal aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void> {
    return this.#selection.run(signal);
  }

  statuses(): readonly SourceStatus[] {
    return this.#selection.statuses();
  }

  /** The findings that there are to tell, after a look that was due so long after the one before. */
  async examine(dueAfterMs?: number): Promise<readonly ExplainedFinding[]> {
    return (await this.#examiner.examine(dueAfterMs)).map(explain);
  }

  findings(): readonly ExplainedFinding[] {
    return this.#examiner.findings().map(explain);
  }

  inWords(finding: ExplainedFinding, colour: boolean): string {
    return findingText(finding, { colour, width: 100 });
  }
}

function makeExaminer(ports: KernelWatchPorts, spent: (us: number) => void): Examiner {
  const { options, tracker } = ports;
  const { closeWaitMs, unreadMs, intervalMs } = options;
  const strangers = new Strangers({
    ...ports,
    spent,
    procRoot,
    adoptDescriptors: isMainThread,
    isKnown: (row) => tracker.knows(row.id),
    reject: (row) => tracker.reject(row.id),
  });
  return new Examiner({
    ...ports,
    spent,
    strangers,
    host: makeHostWatch(ports),
    detectors: [closeWaitLeak(closeWaitMs * 1000), unreadData(unreadMs * 1000)],
    origin: isMainThread ? `${process.pid}` : `${process.pid}.${threadId}`,
    intervalMs,
    procRoot,
  });
}

/** What is the namespace's is looked at by one thread of the process. */
function makeHostWatch({ options, hostFacts: facts, net, settle, fault, report, now }: KernelWatchPorts): HostWatch {
  const isIgnored = ignoringDestinations(options.ignore);
  const idleAgents = new IdleAgentsPart({
    agentsOpened: () => net.agentsOpened,
    agentSockets: () => net.agentSockets(),
    now,
    report,
    isIgnored,
  });
  const parts = [...(isMainThread ? [new CounterFiles({ procRoot, now, report })] : []), idleAgents];
  const detectors = [new KeepAliveRace(({ requested, peer }) => isIgnored(requested, peer)), new IdlePileUp()];
  return new HostWatch({ facts, parts, detectors, settle, fault });
}
