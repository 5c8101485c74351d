import { AsyncResource } from 'node:async_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { Announcer } from './announcer.ts';
import { audienceFor } from './audience.ts';
import { trackerLimits } from './connection/bounds.ts';
import { Knowledge } from './connection/knowledge.ts';
import type { LifecycleEvent } from './connection/lifecycle-event.ts';
import type { Observation, SocketRef, SweepEnd } from './connection/observation.ts';
import { Tracker } from './connection/tracker.ts';
import { type ConnectionView, viewOf } from './connection/view.ts';
import type { ExplainedFinding } from './explain/explain.ts';
import { Faults } from './faults.ts';
import { ignoring } from './ignored.ts';
import { Intake } from './intake.ts';
import { KernelAccess } from './kernel-access.ts';
import type { KernelWatch } from './kernel-watch.ts';
import { LateRecorder, type LateRecorderPorts } from './late-recorder.ts';
import type { RemedyCounts } from './leak-closer.ts';
import { whenLoaded } from './load-kernel-watch.ts';
import { now } from './monotonic.ts';
import type { Options } from './options.ts';
import { ownStatus } from './own-status.ts';
import type { SourceStatus } from './sources/candidate.ts';
import { CallSites, samplerFor } from './sources/net/call-site.ts';
import { NetSource } from './sources/net/net-source.ts';
import type { ServedRequest } from './sources/net/served-request.ts';
import { answerClaims, Threads } from './sources/net/thread-claims.ts';
import type { Stderr } from './stderr.ts';
import { captureContext } from './telemetry/api.ts';
import { type SpanCounts, Telemetry } from './telemetry/telemetry.ts';
import { Underway } from './underway.ts';
import { version } from './version.ts';

/** What has time, but not for ever. */
const soonMs = 1000;

/** A look that is under way when the agent is closed is over by then. */
const restMs = 1000;

/** The kernel is looked at so soon after the first socket: a program that is over by then never pays for it. */
const watchAfterMs = 500;

/** The composition root: makes the boxes, joins them, and drives the clock. */
export class Agent {
  readonly telemetry: Telemetry;
  readonly #options: Options;
  readonly #stderr: Stderr;
  readonly #knowledge: Knowledge;
  readonly #intake: Intake;
  readonly #kernel: KernelAccess;
  readonly #net: NetSource;
  readonly #threads: Threads;
  #watch: KernelWatch | undefined;
  readonly #recorder: LateRecorder | undefined;
  readonly #faults: Faults;
  readonly #stop = new AbortController();
  readonly #announcer: Announcer;
  /** What is started at the application's first socket must not run in that request's asynchronous context. */
  readonly #root = new AsyncResource('SYNFIN');
  #awake = false;
  readonly #underway = new Underway();

  constructor(options: Options, stderr: Stderr, metrics: boolean, recorder?: LateRecorderPorts['limits']) {
    const { maxConnections } = options;
    const tell = (message: string) => stderr.notice(message);
    this.#options = options;
    this.#stderr = stderr;
    this.#faults = new Faults(tell);
    const fault = this.#faults.note;
    this.#threads = new Threads(fault);
    this.#announcer = new Announcer(stderr, fault, (finding, colour) => this.#watch?.inWords(finding, colour) ?? '');
    this.#knowledge = new Knowledge(new Tracker(trackerLimits(maxConnections), ignoring(options.ignore)));
    if (options.record !== '')
      this.#recorder = new LateRecorder({ options, knowledge: this.#knowledge, now, tell, fault, limits: recorder });
    this.#intake = new Intake({
      observe: (observation) => this.#observe(observation),
      outside: (act) => this.#root.runInAsyncScope(act),
      now,
    });
    const listenLast = () => this.#net.listenLast();
    this.telemetry = new Telemetry({ options, metrics, version, now, tell, listenLast, fault });
    this.#kernel = new KernelAccess(options, fault);
    this.#net = this.#makeNetSource();
  }

  /** Watches from this line on. The kernel is not asked before the application's first socket. */
  start(): void {
    this.telemetry.start();
    this.#net.start(this.#report, this.#stop.signal);
    this.#atEnd(() => this.telemetry.close());
    // Sockets from before this line wake nobody: they are looked for once, by a timer that keeps nothing alive.
    const search = () =>
      this.#underway.note(this.#net.adoptActive(this.#report).catch((e) => this.#faults.note('adoptActive', e)));
    const timer = setTimeout(search, this.#options.intervalMs).unref();
    this.#atEnd(() => clearTimeout(timer));
    this.#atEnd(this.#threads.watch((act) => this.#root.runInAsyncScope(act)));
  }

  connections(): readonly ConnectionView[] {
    this.#faults.guard('tellAll', () => this.#net.tellAll());
    this.#intake.settle();
    const at = now();
    const views = [...this.#knowledge.tracker.connections()].map((connection) => viewOf(connection, at));
    return views.sort((one, other) => other.age - one.age);
  }

  findings(): readonly ExplainedFinding[] {
    return this.#watch?.findings() ?? [];
  }

  onFinding(listener: (finding: ExplainedFinding) => void): () => void {
    return this.#announcer.onFinding(listener);
  }

  sources(): readonly SourceStatus[] {
    const { evicted, strangersDropped } = this.#knowledge.tracker.counts();
    const net = ownStatus({
      stopped: this.#stop.signal.aborted,
      errors: this.#faults.total,
      seen: this.#net.seen,
      // Connections and series for which there was no room, and texts that nobody took.
      dropped: evicted + strangersDropped + this.telemetry.measurements.dropped + this.#stderr.dropped,
    });
    const unasked = this.#kernel.names.map((name) => ({ name, state: 'waiting', observations: 0, lost: 0 }) as const);
    return [net, ...(this.#watch?.statuses() ?? unasked)];
  }

  /** Spans that were told, and those that `maxSpansPerSecond` left out. */
  spans(): SpanCounts {
    this.#intake.settle();
    return this.telemetry.counts();
  }

  remedies(): RemedyCounts {
    return this.#watch?.remedies() ?? { destroyed: 0, left: 0 };
  }

  /** Resolves when nothing that was begun goes on any more. */
  async close(): Promise<void> {
    this.#intake.settle();
    this.#stop.abort();
    this.#announcer.end();
    if (this.#recorder) this.#underway.note(this.#recorder.end());
    await this.#underway.atRest(restMs);
  }

  /** What is begun is undone. */
  #atEnd(undo: () => void): void {
    this.#stop.signal.addEventListener('abort', () => undo(), { once: true });
  }

  readonly #report = (observation: Observation): void => {
    this.#faults.guard('take', () => {
      this.#wake();
      this.#intake.take(observation);
    });
  };

  #observe(observation: Observation): void {
    this.#faults.guard('observe', () => {
      this.#recorder?.add(observation);
      this.#tellAll(this.#knowledge.observe(observation));
      if (observation.kind === 'sweep_end')
        this.#root.runInAsyncScope(() => this.#underway.note(this.#afterSweep(observation)));
    });
  }

  /** Not in the application's request, which what hooks and processors do would become a part of. */
  #tellAll(events: readonly LifecycleEvent[]): void {
    if (events.length > 0) this.#root.runInAsyncScope(() => this.telemetry.take(events));
  }

  /** The kernel is looked at from the application's first socket on. */
  #wake(): void {
    if (this.#awake) return;
    this.#awake = true;
    const { signal } = this.#stop;
    this.#root.runInAsyncScope(() => {
      const delay = Math.min(watchAfterMs, this.#options.intervalMs);
      const timer = setTimeout(() => this.#underway.note(this.#watchKernel(signal)), delay).unref();
      this.#atEnd(() => clearTimeout(timer));
      // Not imported: it is a tenth of what it costs to start a program that has no sockets.
      if (process.getBuiltinModule('node:worker_threads').isMainThread) return;
      this.#atEnd(answerClaims((descriptors) => this.#net.holding(descriptors), this.#faults.note));
    });
  }

  async #watchKernel(signal: AbortSignal): Promise<void> {
    try {
      const program = await whenLoaded(signal, this.#options.intervalMs, this.#faults.note);
      if (program === undefined) return;
      this.#watch = new program.KernelWatch({
        options: this.#options,
        access: this.#kernel,
        knowledge: this.#knowledge,
        net: this.#net,
        threads: this.#threads,
        report: this.#report,
        note: (fact) => this.#observe(fact),
        now,
        settle: () => this.#intake.settled(),
        tell: (message) => this.#stderr.notice(message),
        fault: this.#faults.note,
        telemetry: this.telemetry,
        sources: () => this.sources(),
        signal,
        say: this.#stderr.deed,
      });
      await this.#watch.run(signal);
    } catch (error) {
      this.#faults.note('watching the kernel', error);
    }
  }

  async #afterSweep(sweep: SweepEnd): Promise<void> {
    try {
      this.telemetry.swept(sweep);
      const told = (await this.#watch?.examine(sweep.dueAfterMs)) ?? [];
      if (!this.#stop.signal.aborted) for (const finding of told) this.#announcer.tell(finding);
    } catch (error) {
      this.#faults.note('look', error);
    }
  }

  #makeNetSource(): NetSource {
    return new NetSource({
      now,
      captureContext,
      kernel: () => this.#kernel.sockets(),
      sites: new CallSites(samplerFor(this.#options.callSites, now), (act) =>
        this.#root.runInAsyncScope(() => void setTimeout(act, soonMs).unref()),
      ),
      undiciMade: (request) => this.telemetry.undiciMade(request),
      served: (socket, request) => this.#served(socket, request),
      audience: audienceFor(this.#options, this.telemetry, this.#knowledge.tracker),
      wake: () => this.#wake(),
      fault: this.#faults.note,
    });
  }

  /** In its turn: of a connection that waits in the intake nothing is known yet. */
  #served(socket: SocketRef, request: ServedRequest): void {
    this.#intake.after(() =>
      this.#faults.guard('served', () => {
        const connection = this.#knowledge.tracker.get(socket);
        if (connection) this.telemetry.served(connection, request);
      }),
    );
  }
}
