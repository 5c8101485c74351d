import { AsyncResource } from 'node:async_hooks';
import { isMainThread, threadId } from 'node:worker_threads';
import type { LifecycleEvent } from './connection/lifecycle-event.ts';
import type { Observation } from './connection/observation.ts';
import { Tracker } from './connection/tracker.ts';
import { type ConnectionView, viewOf } from './connection/view.ts';
import { closeWaitLeak } from './detectors/close-wait-leak.ts';
import { unreadData } from './detectors/unread-data.ts';
import { NotSupportedError } from './errors.ts';
import { Examiner } from './examiner.ts';
import { type ExplainedFinding, explain } from './explain/explain.ts';
import { Faults } from './faults.ts';
import { type KernelSockets, kernelSockets } from './ffi/kernel-sockets.ts';
import { loadLibc } from './ffi/libc.ts';
import { now } from './monotonic.ts';
import type { KernelSourceName, Options } from './options.ts';
import { CallSites, samplerFor } from './sources/net/call-site.ts';
import { NetSource } from './sources/net/net-source.ts';
import { answerClaims } from './sources/net/thread-claims.ts';
import { Selection, type SourceStatus } from './sources/select.ts';
import { SockDiagSource } from './sources/sock-diag/sock-diag-source.ts';
import type { Source } from './sources/source.ts';
import type { Stderr } from './stderr.ts';
import { Strangers } from './strangers.ts';
import { captureContext } from './telemetry/api.ts';
import { SpanEmitter } from './telemetry/spans.ts';
import { WallClock } from './telemetry/wall-clock.ts';
import { version } from './version.ts';

const procRoot = '/proc';

/** Of the tracker's connections, at most this share have their descriptor closed already. */
const releasedShare = 0.1;

/** What has time, but not for ever. */
const soonMs = 1000;

/** The composition root: makes the boxes, joins them, and drives the clock. */
export class Agent {
  readonly spans: SpanEmitter;
  readonly #options: Options;
  readonly #stderr: Stderr;
  readonly #tracker: Tracker;
  readonly #wallClock: WallClock;
  readonly #sites: CallSites;
  readonly #net: NetSource;
  readonly #selection: Selection;
  readonly #examiner: Examiner;
  readonly #faults: Faults;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<(finding: ExplainedFinding) => void>();
  /** What is started at the application's first socket must not run in that request's asynchronous context. */
  readonly #root = new AsyncResource('SYNFIN');
  #awake = false;
  #seen = 0;
  #kernel: KernelSockets | null | undefined;

  constructor(options: Options, stderr: Stderr) {
    const { maxConnections, intervalMs } = options;
    this.#options = options;
    this.#stderr = stderr;
    this.#faults = new Faults((message) => stderr.notice(message));
    this.#tracker = new Tracker({ maxConnections, maxReleased: Math.ceil(maxConnections * releasedShare) });
    this.#wallClock = new WallClock({
      monotonic: now,
      wall: Date.now,
      origin: performance.timeOrigin + performance.now(),
      originMonotonic: now(),
    });
    this.spans = new SpanEmitter(version, this.#wallClock);
    this.#sites = new CallSites(samplerFor(options.callSites, now), (act) => this.#soon(act));
    this.#net = new NetSource({
      now,
      captureContext,
      kernel: () => this.#kernelSockets(),
      sites: this.#sites,
      wake: () => this.#wake(),
      fault: this.#faults.note,
    });
    this.#selection = new Selection(this.#kernelSources(), {
      report: this.#report,
      // One thread speaks for the process.
      tell: (message) => isMainThread && stderr.notice(message),
      retryMs: intervalMs,
    });
    this.#examiner = this.#makeExaminer();
  }

  /** Watches from this line on. The kernel is not asked before the application's first socket. */
  start(): void {
    this.#net.start(this.#report, this.#stop.signal);
    // Sockets from before this line wake nobody: they are looked for once, by a timer that keeps nothing alive.
    const search = () => this.#faults.guard('adoptActive', () => this.#net.adoptActive(this.#report));
    const timer = setTimeout(search, this.#options.intervalMs).unref();
    this.#stop.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  connections(): readonly ConnectionView[] {
    const at = now();
    return [...this.#tracker.connections()].map((connection) => viewOf(connection, at));
  }

  findings(): readonly ExplainedFinding[] {
    return this.#examiner.findings().map(explain);
  }

  onFinding(listener: (finding: ExplainedFinding) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  sources(): readonly SourceStatus[] {
    const { total } = this.#faults;
    const { evicted, strangersDropped } = this.#tracker.counts();
    const net: SourceStatus = {
      name: 'net',
      state: this.#stop.signal.aborted ? 'stopped' : 'running',
      reason: total > 0 ? `${total} errors of synfin's own were contained` : undefined,
      observations: this.#seen,
      // Errors, connections for which there was no room, and texts that nobody took.
      lost: total + evicted + strangersDropped + this.#stderr.dropped,
    };
    return [net, ...this.#selection.statuses()];
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#listeners.clear();
  }

  readonly #report = (observation: Observation): void => {
    this.#faults.guard('observe', () => {
      this.#wake();
      if (observation.kind === 'socket_event') this.#seen++;
      this.#fanOut(this.#tracker.observe(observation));
      if (observation.kind === 'sweep_end') this.#root.runInAsyncScope(() => void this.#afterSweep());
    });
  };

  #soon(act: () => void): void {
    this.#root.runInAsyncScope(() => void setTimeout(act, soonMs).unref());
  }

  #fanOut(events: readonly LifecycleEvent[]): void {
    if (this.#options.spans === 'off') return;
    for (const event of events) this.spans.take(event);
  }

  /** The kernel is looked at from the application's first socket on. */
  #wake(): void {
    if (this.#awake) return;
    this.#awake = true;
    this.#root.runInAsyncScope(() => {
      void this.#selection.run(this.#stop.signal);
      if (isMainThread) return;
      const end = answerClaims((cookie) => this.#tracker.knows({ cookie }));
      this.#stop.signal.addEventListener('abort', end, { once: true });
    });
  }

  async #afterSweep(): Promise<void> {
    try {
      this.#wallClock.refresh();
      const told = await this.#examiner.examine();
      this.#fanOut(this.#tracker.advance(now()));
      if (!this.#stop.signal.aborted) for (const finding of told) this.#tell(explain(finding));
    } catch (error) {
      this.#faults.note('look', error);
    }
  }

  #tell(finding: ExplainedFinding): void {
    this.#stderr.finding(finding);
    for (const listener of this.#listeners) this.#faults.guard('onFinding', () => listener(finding));
  }

  #makeExaminer(): Examiner {
    const { closeWaitMs, unreadMs, intervalMs } = this.#options;
    const strangers = new Strangers({
      net: this.#net,
      procRoot,
      report: this.#report,
      isKnown: (row) => this.#tracker.knows(row.id),
      reject: (row) => this.#tracker.reject(row.id),
    });
    return new Examiner({
      tracker: this.#tracker,
      net: this.#net,
      strangers,
      detectors: [closeWaitLeak(closeWaitMs * 1000), unreadData(unreadMs * 1000)],
      origin: isMainThread ? `${process.pid}` : `${process.pid}.${threadId}`,
      intervalMs,
      procRoot,
      now,
      report: this.#report,
      fault: this.#faults.note,
      wallTime: (at) => this.#wallClock.iso(at),
      traceOf: (connection) => this.spans.traceIdOf(connection),
    });
  }

  #kernelSources(): Source[] {
    const sockDiag = new SockDiagSource({
      libc: loadLibc,
      now,
      intervalMs: this.#options.intervalMs,
      ownSockets: (report) => {
        this.#net.adoptUnclaimed(report);
        return this.#net.ownSockets(report);
      },
      sweepNamespace: isMainThread,
    });
    const { sources } = this.#options;
    const names: readonly KernelSourceName[] = sources === 'auto' ? ['sock_diag'] : sources;
    return names.map((name) => (name === 'sock_diag' ? sockDiag : notInThisVersion(name)));
  }

  /** Loaded at the first socket. Without it there are neither cookies nor kernel times, and the application runs on. */
  #kernelSockets(): KernelSockets | undefined {
    if (this.#kernel === undefined) {
      const { sources } = this.#options;
      const wanted = sources === 'auto' || sources.includes('sock_diag');
      try {
        this.#kernel = wanted ? kernelSockets(loadLibc()) : null;
      } catch (error) {
        // The source of the same name says so, in words.
        if (!(error instanceof NotSupportedError)) this.#faults.note('libc', error);
        this.#kernel = null;
      }
    }
    return this.#kernel ?? undefined;
  }
}

function notInThisVersion(name: KernelSourceName): Source {
  return {
    name,
    probe: async () => new NotSupportedError('it is not part of this version', 'a later version of synfin'),
    run: async () => {},
  };
}
