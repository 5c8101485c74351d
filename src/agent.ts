import { AsyncResource } from 'node:async_hooks';
import { isMainThread, threadId } from 'node:worker_threads';
import type { Lifecycle } from './connection/lifecycle.ts';
import type { Observation } from './connection/observation.ts';
import { Tracker } from './connection/tracker.ts';
import { type ConnectionView, viewOf } from './connection/view.ts';
import { closeWaitLeak } from './detectors/close-wait-leak.ts';
import type { Limit } from './detectors/growth.ts';
import { LoopClock } from './detectors/loop-clock.ts';
import { unreadData } from './detectors/unread-data.ts';
import { Watch } from './detectors/watch.ts';
import { NotSupportedError } from './errors.ts';
import { type ExplainedFinding, explain } from './explain/explain.ts';
import { type KernelSockets, kernelSockets } from './ffi/kernel-sockets.ts';
import { loadLibc } from './ffi/libc.ts';
import type { KernelSourceName, Options } from './options.ts';
import { samplerFor } from './sources/net/call-site.ts';
import { NetSource } from './sources/net/net-source.ts';
import { answerClaims } from './sources/net/thread-claims.ts';
import { nextTurn } from './sources/next-turn.ts';
import { descriptorCount } from './sources/proc/proc-fd.ts';
import { openFilesLimit } from './sources/proc/proc-limits.ts';
import { Selection, type SourceStatus } from './sources/select.ts';
import { SockDiagSource } from './sources/sock-diag/sock-diag-source.ts';
import type { Source } from './sources/source.ts';
import type { Stderr } from './stderr.ts';
import { Strangers } from './strangers.ts';
import { type Instant, instant } from './tcp/identity.ts';
import { captureContext } from './telemetry/api.ts';
import { SpanEmitter } from './telemetry/spans.ts';
import { WallClock } from './telemetry/wall-clock.ts';
import { version } from './version.ts';

const procRoot = '/proc';

/** Of the tracker's connections, at most this share have their descriptor closed already. */
const releasedShare = 0.1;

/** Suspicious sockets inspected between two turns of the event loop. */
const inspectedAtOnce = 64;

/** The composition root: makes the boxes, joins them, and drives the clock. */
export class Agent {
  readonly spans: SpanEmitter;
  readonly #options: Options;
  readonly #stderr: Stderr;
  readonly #tracker: Tracker;
  readonly #watch: Watch;
  readonly #wallClock: WallClock;
  readonly #loopClock = new LoopClock();
  readonly #net: NetSource;
  readonly #selection: Selection;
  readonly #strangers: Strangers;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<(finding: ExplainedFinding) => void>();
  /** What is started at the application's first socket must not run in that request's asynchronous context. */
  readonly #root = new AsyncResource('SYNFIN');
  readonly #faults = new Map<string, number>();
  #awake = false;
  #looking = false;
  #kernel: KernelSockets | null | undefined;

  constructor(options: Options, stderr: Stderr) {
    this.#options = options;
    this.#stderr = stderr;
    this.#tracker = new Tracker({
      maxConnections: options.maxConnections,
      maxReleased: Math.ceil(options.maxConnections * releasedShare),
    });
    const detectors = [closeWaitLeak(options.closeWaitMs * 1000), unreadData(options.unreadMs * 1000)];
    this.#watch = new Watch(detectors, isMainThread ? `${process.pid}` : `${process.pid}.${threadId}`);
    this.#wallClock = new WallClock({
      monotonic: now,
      wall: Date.now,
      origin: performance.timeOrigin + performance.now(),
      originMonotonic: now(),
    });
    this.spans = new SpanEmitter(version, this.#wallClock);
    this.#net = new NetSource({
      now,
      captureContext,
      kernel: () => this.#kernelSockets(),
      sample: samplerFor(options.callSites, now),
      wake: () => this.#wake(),
      fault: (where, error) => this.#fault(where, error),
    });
    this.#selection = new Selection(this.#kernelSources(), {
      report: this.#report,
      tell: (message) => stderr.notice(message),
      retryMs: options.intervalMs,
    });
    this.#strangers = new Strangers({
      net: this.#net,
      procRoot,
      report: this.#report,
      isKnown: (row) => this.#tracker.knows(row.id),
    });
  }

  /** Watches from this line on. The kernel is not asked before the application's first socket. */
  start(): void {
    this.#net.start(this.#report, this.#stop.signal);
  }

  connections(): readonly ConnectionView[] {
    const at = now();
    return [...this.#tracker.connections()].map((connection) => viewOf(connection, at));
  }

  findings(): readonly ExplainedFinding[] {
    return this.#watch.findings().map(explain);
  }

  onFinding(listener: (finding: ExplainedFinding) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  sources(): readonly SourceStatus[] {
    const { lost } = this.#tracker.counts();
    const net: SourceStatus = {
      name: 'net',
      state: this.#stop.signal.aborted ? 'stopped' : 'running',
      reason: this.#faults.size > 0 ? `${this.#faultCount()} errors of synfin's own were contained` : undefined,
      observations: this.#awake ? 1 : 0,
      lost: this.#faultCount() + lost,
    };
    return [net, ...this.#selection.statuses()];
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#listeners.clear();
  }

  readonly #report = (observation: Observation): void => {
    try {
      this.#wake();
      for (const event of this.#tracker.observe(observation)) if (this.#options.spans === 'all') this.spans.take(event);
      if (observation.kind === 'sweep_end') this.#root.runInAsyncScope(() => void this.#lookAfterSweep());
    } catch (error) {
      this.#fault('observe', error);
    }
  };

  /** The kernel is looked at from the application's first socket on. */
  #wake(): void {
    if (this.#awake) return;
    this.#awake = true;
    this.#root.runInAsyncScope(() => {
      void this.#selection.run(this.#stop.signal);
      if (isMainThread) return;
      const end = answerClaims((inode) => this.#tracker.knows({ inode }));
      this.#stop.signal.addEventListener('abort', end, { once: true });
    });
  }

  /** The kernel has been looked at: now the suspicious sockets are, from inside, and the detectors decide. */
  async #lookAfterSweep(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const clock = this.#loopClock.look(now(), this.#options.intervalMs * 1000);
      this.#wallClock.refresh();
      await this.#strangers.place(this.#tracker.takeStrangers());
      await this.#inspectSuspects();
      for (const event of this.#tracker.advance(now())) if (this.#options.spans === 'all') this.spans.take(event);
      await this.#detect(clock);
    } catch (error) {
      this.#fault('look', error);
    } finally {
      this.#looking = false;
    }
  }

  async #inspectSuspects(): Promise<void> {
    let count = 0;
    for (const { ref, phase, inJavaScript } of [...this.#tracker.suspects()]) {
      if (ref === undefined || phase !== 'open' || !inJavaScript) continue;
      const inspected = this.#net.inspect(ref);
      if (inspected) this.#report(inspected);
      if (++count % inspectedAtOnce === 0) await nextTurn();
    }
  }

  async #detect(clock: Instant): Promise<void> {
    const at = now();
    const suspects = [...this.#tracker.suspects()];
    const lifecycles = new Map<ConnectionView, Lifecycle>(suspects.map((suspect) => [viewOf(suspect, at), suspect]));
    // Nothing is wrong and nothing was: the usual case, and the descriptors need not be counted.
    const descriptors = suspects.length > 0 ? await readDescriptors() : undefined;
    const told = this.#watch.look([...lifecycles.keys()], clock, {
      at,
      descriptors,
      wallTime: (moment) => this.#wallClock.iso(moment),
      traceOf: (view) => this.#traceOf(lifecycles.get(view)),
    });
    if (this.#stop.signal.aborted) return;
    for (const finding of told) this.#tell(explain(finding));
  }

  #tell(finding: ExplainedFinding): void {
    this.#stderr.finding(finding);
    for (const listener of this.#listeners) {
      try {
        listener(finding);
      } catch (error) {
        this.#fault('onFinding', error);
      }
    }
  }

  #traceOf(connection: Lifecycle | undefined): string | undefined {
    const context = connection && this.spans.spanContextOf(connection);
    return context && !/^0+$/.test(context.traceId) ? context.traceId : undefined;
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
        if (!(error instanceof NotSupportedError)) this.#fault('libc', error);
        this.#kernel = null;
      }
    }
    return this.#kernel ?? undefined;
  }

  #faultCount(): number {
    return [...this.#faults.values()].reduce((sum, count) => sum + count, 0);
  }

  /** An error of ours: counted, told once for each place, and never thrown at the application. */
  #fault(where: string, error: unknown): void {
    const count = this.#faults.get(where) ?? 0;
    this.#faults.set(where, count + 1);
    if (count > 0) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#stderr.notice(`an error of synfin's own in ${where} was contained, the application is not affected: ${text}`);
  }
}

/** CLOCK_MONOTONIC in microseconds. */
function now(): Instant {
  const [seconds, nanoseconds] = process.hrtime();
  return instant(seconds * 1e6 + nanoseconds / 1e3);
}

async function readDescriptors(): Promise<Limit | undefined> {
  const limit = await openFilesLimit(procRoot, 'self');
  const usage = await descriptorCount(procRoot, 'self');
  if (limit === undefined || usage === undefined) return undefined;
  return { limit, usage: usage === 'exhausted' ? limit : usage };
}

function notInThisVersion(name: KernelSourceName): Source {
  return {
    name,
    probe: async () => new NotSupportedError(`source ${name}`, 'a later version of synfin'),
    run: async () => {},
  };
}
