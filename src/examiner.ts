import type { Lifecycle } from './connection/lifecycle.ts';
import type { Tracker } from './connection/tracker.ts';
import { type ConnectionView, viewOf } from './connection/view.ts';
import type { Detector, Finding } from './detectors/detector.ts';
import type { Limit } from './detectors/growth.ts';
import { LoopClock } from './detectors/loop-clock.ts';
import type { Steps } from './detectors/steps.ts';
import { Watch } from './detectors/watch.ts';
import type { HostWatch } from './host/host-watch.ts';
import type { Leak } from './leak-closer.ts';
import type { NetSource } from './sources/net/net-source.ts';
import { descriptorCount } from './sources/proc/proc-fd.ts';
import { openFilesLimit } from './sources/proc/proc-limits.ts';
import { Slices } from './sources/slices.ts';
import type { Report } from './sources/source.ts';
import type { Strangers } from './strangers.ts';
import type { Instant } from './tcp/identity.ts';

export interface ExaminerOptions {
  readonly tracker: Tracker;
  readonly net: NetSource;
  readonly strangers: Strangers;
  readonly host: HostWatch;
  readonly detectors: readonly Detector[];
  /** Sets the ids of this thread's findings apart from others'. */
  readonly origin: string;
  readonly intervalMs: number;
  readonly procRoot: string;
  readonly now: () => Instant;
  readonly report: Report;
  /** Takes in all that was reported. */
  readonly settle: () => Promise<void>;
  readonly fault: (where: string, error: unknown) => void;
  /** So many microseconds of the event loop went into it. */
  readonly spent: (us: number) => void;
  readonly wallTime: (at: Instant) => string;
  readonly traceOf: (connection: Lifecycle) => string | undefined;
  /** A finding that was told is about this connection. */
  readonly leaked: (connection: Lifecycle) => void;
  /** Ends what leaks, before the findings of this look are told. Never rejects. */
  readonly closeLeaks?: ((leaks: readonly Leak[]) => Promise<void>) | undefined;
}

/** Suspicious sockets inspected in one turn of the event loop: what is reported of them is taken in at once. */
const inspectedAtOnce = 24;

/** After each look at the kernel, looks at the suspicious sockets from inside, and lets the detectors decide. */
export class Examiner {
  readonly #options: ExaminerOptions;
  readonly #watch: Watch;
  readonly #loopClock = new LoopClock();
  #busy = false;
  /** Kept: a process that has run out of descriptors cannot read what its limit is. */
  #limit: number | undefined;

  constructor(options: ExaminerOptions) {
    this.#options = options;
    this.#watch = new Watch(options.detectors, options.origin);
  }

  /**
   * What there is to tell after a look that was due so long after the one before. Nothing while an earlier examination
   * goes on: it will not be long.
   */
  async examine(dueAfterMs = this.#options.intervalMs): Promise<readonly Finding[]> {
    if (this.#busy) return [];
    this.#busy = true;
    try {
      const { tracker, strangers, host, now, spent } = this.#options;
      const clock = this.#loopClock.look(now(), dueAfterMs * 1000);
      const slices = new Slices(now);
      await strangers.place(tracker.takeStrangers(), slices);
      await this.#inspectSuspects(slices);
      // It waits for files and for whoever walks, and pays for itself.
      slices.end();
      await host.look();
      const told = await this.#detect(clock, slices);
      slices.end();
      spent(slices.spentUs);
      return told;
    } finally {
      this.#busy = false;
    }
  }

  findings(): readonly Finding[] {
    return this.#watch.findings();
  }

  async #inspectSuspects(slices: Slices): Promise<void> {
    const { tracker, net, report, fault } = this.#options;
    slices.begin();
    let count = 0;
    for (const { ref, phase, inJavaScript } of [...tracker.suspects()]) {
      if (slices.isOver() || ++count % inspectedAtOnce === 0) await slices.rest();
      if (ref === undefined || phase !== 'open' || !inJavaScript) continue;
      try {
        const inspected = net.inspect(ref);
        if (inspected) report(inspected);
      } catch (error) {
        // A socket that cannot be looked at must not hide the others.
        fault('inspect', error);
      }
    }
  }

  async #detect(clock: Instant, slices: Slices): Promise<readonly Finding[]> {
    const { tracker, host, now, settle, wallTime, traceOf, leaked, closeLeaks } = this.#options;
    slices.end();
    await settle();
    slices.begin();
    const at = now();
    const lifecycles = new Map<ConnectionView, Lifecycle>();
    for (const suspect of [...tracker.suspects()]) {
      if (slices.isOver()) await slices.rest();
      // It may have got well, or over, in the meantime.
      if (tracker.suspects().has(suspect)) lifecycles.set(viewOf(suspect, now()), suspect);
    }
    // Usually nothing is suspicious, and the descriptors need not be counted; the limit is read while it can be.
    const needed = lifecycles.size > 0 || this.#limit === undefined;
    slices.end();
    const descriptors = needed ? await this.#descriptors() : undefined;
    slices.begin();
    const look = {
      at,
      descriptors,
      wallTime,
      traceOf(view: ConnectionView) {
        const connection = lifecycles.get(view);
        return connection && traceOf(connection);
      },
    };
    const told = await inSlices(this.#watch.looking([...lifecycles.keys()], clock, look, host.cases(at)), slices);
    const leaks: Leak[] = [];
    for (const [view, connection] of lifecycles) {
      if (slices.isOver()) await slices.rest();
      if (this.#watch.isAccused(view.id)) leaked(connection);
      const finding = closeLeaks && this.#watch.leakOf(view.id);
      if (finding) leaks.push({ view, connection, finding });
    }
    slices.end();
    await closeLeaks?.(leaks);
    return told;
  }

  async #descriptors(): Promise<Limit | undefined> {
    const { procRoot } = this.#options;
    this.#limit = openFilesLimit(procRoot, 'self') ?? this.#limit;
    const usage = await descriptorCount(procRoot, 'self');
    if (this.#limit === undefined || usage === undefined) return undefined;
    return { limit: this.#limit, usage: usage === 'exhausted' ? this.#limit : usage };
  }
}

async function inSlices<Result>(steps: Steps<Result>, slices: Slices): Promise<Result> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (slices.isOver()) await slices.rest();
  }
}
