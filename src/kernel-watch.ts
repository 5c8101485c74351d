import { isMainThread, threadId } from 'node:worker_threads';
import type { Knowledge } from './connection/knowledge.ts';
import type { Row } from './connection/observation.ts';
import { connectionDetectors, hostDetectors } from './detectors/all-detectors.ts';
import type { Finding } from './detectors/detector.ts';
import { Judge, originOf } from './detectors/judge.ts';
import { Examiner } from './examiner.ts';
import { type ExplainedFinding, explain } from './explain/explain.ts';
import { ladderBeneath } from './explain/ladder/beneath.ts';
import type { Language } from './explain/language.ts';
import { findingText } from './explain/text.ts';
import { HeldListeners } from './host/held-listeners.ts';
import type { HostWatch } from './host/host-watch.ts';
import { Unaccepted } from './host/unaccepted.ts';
import { hostWatch } from './host-parts.ts';
import { ignoringDestinations } from './ignored.ts';
import type { KernelAccess } from './kernel-access.ts';
import { kernelSources } from './kernel-sources.ts';
import { type Leak, LeakCloser, type RemedyCounts, type RemedyPorts } from './leak-closer.ts';
import { measureProcess } from './measuring.ts';
import type { Options } from './options.ts';
import type { SourceStatus } from './sources/candidate.ts';
import type { NetSource } from './sources/net/net-source.ts';
import type { Threads } from './sources/net/thread-claims.ts';
import { Selection } from './sources/select.ts';
import type { Report } from './sources/source.ts';
import { Strangers } from './strangers.ts';
import type { Instant } from './tcp/identity.ts';
import { FindingLog } from './telemetry/finding-log.ts';
import { HostReadings } from './telemetry/host-readings.ts';
import type { Telemetry } from './telemetry/telemetry.ts';

const procRoot = '/proc';

export interface KernelWatchPorts {
  readonly options: Options;
  readonly access: KernelAccess;
  readonly knowledge: Knowledge;
  readonly net: NetSource;
  readonly threads: Threads;
  readonly report: Report;
  /** Observed at once, ahead of what waits to be taken in. */
  readonly note: Report;
  readonly now: () => Instant;
  /** Takes in all that was reported. */
  readonly settle: () => Promise<void>;
  /** Told to a person. */
  readonly tell: (message: string) => void;
  readonly fault: (where: string, error: unknown) => void;
  readonly telemetry: Telemetry;
  /** Of all sources, the hook included. */
  readonly sources: () => readonly SourceStatus[];
  /** Aborts when the agent ends. */
  readonly signal: RemedyPorts['signal'];
  /** Tells what was done about a leak. */
  readonly say: RemedyPorts['say'];
}

/**
 * Looks at the kernel and judges what it shows. Loaded when the application has begun to use sockets: a program that
 * has none pays nothing for it.
 */
export class KernelWatch {
  readonly #selection: Selection;
  readonly #examiner: Examiner;
  readonly #judge: Judge;
  readonly #host: HostWatch;
  readonly #leakCloser: LeakCloser | undefined;
  readonly #language: Language;
  readonly #ladder: (finding: Finding) => string;
  readonly #endMeasuring: () => void;
  readonly #log: (told: readonly ExplainedFinding[]) => void;

  constructor(ports: KernelWatchPorts) {
    const { options, access, net, knowledge, report, now, tell, fault } = ports;
    const { tracker } = knowledge;
    this.#language = options.language;
    this.#ladder = (finding) => {
      try {
        return ladderBeneath(finding, tracker.suspects(), now(), options.language);
      } catch (error) {
        ports.fault('ladder', error);
        return '';
      }
    };
    const sources = kernelSources(access, options, {
      now,
      procRoot,
      ownSockets: (told) => net.ownSockets(told),
      resent: (socket, segments) => net.measures.resent(socket, segments),
      suspects: () => tracker.suspects(),
      remembers: (socket) => tracker.remembers(socket, now()),
      sweepNamespace: isMainThread,
    });
    this.#selection = new Selection(sources, {
      report,
      // One thread speaks for the process.
      tell: (message) => isMainThread && tell(message),
      retryMs: options.intervalMs,
      now,
    });
    const spent = (us: number) => this.#selection.charge(us);
    const ignores = ignoringDestinations(options.ignore);
    const { measurements } = ports.telemetry;
    const around = new HostReadings({ isHeard: () => measurements.isHeard, speaksForNamespace: isMainThread });
    this.#judge = new Judge({
      knowledge,
      fault,
      looked: (host, at) => around.look(host, at),
      connections: connectionDetectors(options),
      host: hostDetectors(options, ignores),
      origin: originOf(process.pid, threadId),
    });
    const judge = this.#judge;
    const wantsCensus = () => judge.wantsCensus;
    const measuring = around.places;
    const look = { ...ports, tracker, hostFacts: knowledge.host, procRoot, ignores, wantsCensus, measuring };
    this.#host = hostWatch(look, (...asked) => this.#selection.glance(...asked), spent);
    this.#leakCloser = options.onLeak === 'destroy' ? leakCloser(ports) : undefined;
    this.#examiner = makeExaminer(ports, judge, this.#host, spent, this.#leakCloser);
    const { telemetry, signal } = ports;
    const { logger, handshakeOf } = telemetry;
    const log = new FindingLog({ logger, clock: () => telemetry.clock, now, handshakeOf, fault });
    this.#log = (told) => {
      if (!signal.aborted) log.look({ told, open: () => this.findings(), among: tracker.suspects() });
    };
    this.#endMeasuring = measureProcess({
      ...ports,
      ...{ tracker, procRoot, findings: () => judge.findings(), measurements, around },
      spansDropped: () => ports.telemetry.counts().dropped,
    });
  }

  /** Runs until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#selection.run(signal);
    this.#host.end();
    this.#endMeasuring();
  }

  statuses(): readonly SourceStatus[] {
    return this.#selection.statuses();
  }

  /** The findings that there are to tell, after a look that was due so long after the one before. */
  async examine(dueAfterMs?: number): Promise<readonly ExplainedFinding[]> {
    const told = (await this.#examiner.examine(dueAfterMs)).map((finding) => this.#explain(finding));
    this.#log(told);
    return told;
  }

  findings(): readonly ExplainedFinding[] {
    return this.#judge.findings().map((finding) => this.#explain(finding));
  }

  /** What `onLeak: 'destroy'` has done. */
  remedies(): RemedyCounts {
    return this.#leakCloser?.counts() ?? { destroyed: 0, left: 0 };
  }

  inWords(finding: ExplainedFinding, colour: boolean): string {
    return findingText(finding, { colour, width: 100, language: this.#language }) + this.#ladder(finding);
  }

  #explain(finding: Finding): ExplainedFinding {
    return explain(finding, this.#language);
  }
}

function leakCloser({ options, telemetry, ...ports }: KernelWatchPorts): LeakCloser {
  const patience = { close_wait_leak: options.closeWaitMs * 1000, unread_data: options.unreadMs * 1000 };
  return new LeakCloser({ ...ports, destroyed: telemetry.destroyed, patience });
}

function makeExaminer(
  ports: KernelWatchPorts,
  judge: Judge,
  host: HostWatch,
  spent: (us: number) => void,
  closer: LeakCloser | undefined,
): Examiner {
  const { options, knowledge, net, report, note, settle, now, telemetry } = ports;
  const reject = ({ id, source, at }: Row) =>
    note({ kind: 'host', source, at, scope: 'process', fact: { name: 'foreign', id } });
  const held = new HeldListeners({ procRoot, now, spent, listening: () => knowledge.host.listening });
  const unaccepted = new Unaccepted({
    isOurListener: (local) => held.holds(local),
    adopt: (id) => net.adoptDescriptor(id, report, true),
    report,
    settle,
    reject,
  });
  const strangers = new Strangers({
    ...ports,
    spent,
    procRoot,
    adoptDescriptors: isMainThread,
    isKnown: (row) => knowledge.tracker.find(row.id) !== undefined,
    placeUnaccepted: (rows, slices) => unaccepted.place(rows, slices),
    reject,
  });
  const closeLeaks = closer && ((leaks: readonly Leak[]) => closer.look(leaks));
  return new Examiner({
    ...ports,
    judge,
    spent,
    strangers,
    host,
    closeLeaks,
    intervalMs: options.intervalMs,
    procRoot,
    wallTime: () => telemetry.clock.offsets(),
    traceOf: (connection) => telemetry.traceIdOf(connection),
    leaked: telemetry.leaked,
  });
}
