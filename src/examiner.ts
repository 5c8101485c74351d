import type { HostFact } from './connection/host-fact.ts';
import type { Knowledge } from './connection/knowledge.ts';
import type { Lifecycle } from './connection/lifecycle.ts';
import type { WallOffset } from './connection/wall-time.ts';
import type { Finding } from './detectors/detector.ts';
import type { Limit } from './detectors/growth.ts';
import type { Judge } from './detectors/judge.ts';
import { LoopClock } from './detectors/loop-clock.ts';
import type { Steps } from './detectors/steps.ts';
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
  readonly knowledge: Knowledge;
  readonly judge: Judge;
  readonly net: NetSource;
  readonly strangers: Strangers;
  readonly host: HostWatch;
  readonly intervalMs: number;
  readonly procRoot: string;
  readonly now: () => Instant;
  readonly report: Report;
  /** Observed at once, ahead of what waits to be taken in. */
  readonly note: Report;
  /** Takes in all that was reported. */
  readonly settle: () => Promise<void>;
  readonly fault: (where: string, error: unknown) => void;
  /** So many microseconds of the event loop went into it. */
  readonly spent: (us: number) => void;
  readonly wallTime: () => readonly WallOffset[];
  readonly traceOf: (connection: Lifecycle) => string | undefined;
  /** A finding that was told is about this connection, and which, if it is a leak. */
  readonly leaked: (connection: Lifecycle, leak: Finding | undefined) => void;
  /** Ends what leaks, before the findings of this look are told. Never rejects. */
  readonly closeLeaks?: ((leaks: readonly Leak[]) => Promise<void>) | undefined;
}

/** Suspicious sockets inspected in one turn of the event loop: what is reported of them is taken in at once. */
const inspectedAtOnce = 24;

/**
 * After each look at the kernel, looks at the suspicious sockets from inside, and has all of it judged. Whatever the
 * verdict goes by is observed first, so that a recording has it.
 */
export class Examiner {
  readonly #options: ExaminerOptions;
  readonly #loopClock = new LoopClock();
  #busy = false;
  /** Kept: a process that has run out of descriptors cannot read what its limit is. */
  #limit: number | undefined;

  constructor(options: ExaminerOptions) {
    this.#options = options;
  }

  /**
   * What there is to tell after a look that was due so long after the one before. Nothing while an earlier examination
   * goes on: it will not be long.
   */
  async examine(dueAfterMs = this.#options.intervalMs): Promise<readonly Finding[]> {
    if (this.#busy) return [];
    this.#busy = true;
    try {
      const { knowledge, strangers, host, now, spent } = this.#options;
      const clock = this.#loopClock.look(now(), dueAfterMs * 1000);
      const slices = new Slices(now);
      await strangers.place(knowledge.tracker.takeStrangers(), slices);
      await this.#inspectSuspects(slices);
      // It waits for files and for whoever walks, and pays for itself.
      slices.end();
      await host.look();
      const told = await this.#judge(clock, slices);
      slices.end();
      spent(slices.spentUs);
      return told;
    } finally {
      this.#busy = false;
    }
  }

  async #inspectSuspects(slices: Slices): Promise<void> {
    const { knowledge, net, report, fault } = this.#options;
    slices.begin();
    let count = 0;
    for (const { ref, phase, inJavaScript } of [...knowledge.tracker.suspects()]) {
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

  async #judge(clock: Instant, slices: Slices): Promise<readonly Finding[]> {
    const { judge, now, settle, wallTime, leaked, closeLeaks } = this.#options;
    slices.end();
    await settle();
    slices.begin();
    const at = now();
    judge.begin();
    while (judge.hasMore) {
      this.#seeSuspects(slices);
      if (judge.hasMore) await slices.rest();
    }
    const { seen } = judge;
    const suspects = seen.size;
    // Usually nothing is suspicious, and the descriptors need not be counted; the limit is read while it can be.
    const needed = suspects > 0 || this.#limit === undefined;
    slices.end();
    const descriptors = needed ? await this.#descriptors() : undefined;
    slices.begin();
    let offsets: readonly WallOffset[] | undefined;
    const end = {
      ...({ name: 'look', clock, suspects, descriptors } as const),
      // The first one who asks loads what it takes to tell the time: where nothing is found, nobody does.
      get wallTime() {
        offsets ??= wallTime();
        return offsets;
      },
    };
    this.#note(at, end);
    const told = await inSlices(judge.judging(end, at), slices);
    const leaks: Leak[] = [];
    for (const [view, connection] of seen) {
      if (slices.isOver()) await slices.rest();
      const finding = judge.leakOf(view.id);
      if (judge.isAccused(view.id)) leaked(connection, finding);
      if (finding && closeLeaks) leaks.push({ view, connection, finding });
    }
    slices.end();
    await closeLeaks?.(leaks);
    judge.rest();
    return told;
  }

  /** As many as there is time for in this turn of the event loop, all as they are at one moment. */
  #seeSuspects(slices: Slices): void {
    const { knowledge, judge, now, traceOf } = this.#options;
    const at = now();
    const from = judge.next;
    do {
      const connection = judge.see(at);
      const traceId = connection && traceOf(connection);
      const socket = connection?.ref;
      if (connection === undefined || traceId === undefined || socket === undefined) continue;
      if (traceId !== knowledge.traceOf(connection)) this.#note(at, { name: 'trace', socket, traceId });
    } while (judge.hasMore && !slices.isOver());
    this.#note(at, { name: 'suspects_seen', from, count: judge.next - from });
  }

  #note(at: Instant, fact: HostFact['fact']): void {
    this.#options.note({ kind: 'host', source: 'userland', at, scope: 'thread', fact });
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
