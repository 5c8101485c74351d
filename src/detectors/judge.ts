import type { LookEnd } from '../connection/host-fact.ts';
import type { HostLook } from '../connection/host-facts.ts';
import type { Knowledge } from '../connection/knowledge.ts';
import type { Lifecycle } from '../connection/lifecycle.ts';
import { type ConnectionView, viewOf } from '../connection/view.ts';
import { wallTimeOf } from '../connection/wall-time.ts';
import type { Instant } from '../tcp/identity.ts';
import type { HostDetectors } from './all-detectors.ts';
import type { Case } from './case.ts';
import type { Detector, Finding } from './detector.ts';
import type { Look } from './look.ts';
import type { Steps } from './steps.ts';
import { Watch } from './watch.ts';

export interface JudgeOptions {
  readonly knowledge: Knowledge;
  readonly connections: readonly Detector[];
  readonly host: HostDetectors;
  /** Sets the ids of this thread's findings apart from others'. */
  readonly origin: string;
  readonly fault: (where: string, error: unknown) => void;
  /** Hears what each look showed around the connections. No verdict depends on it. */
  readonly looked?: ((look: HostLook, at: Instant) => void) | undefined;
}

/** Of a thread; the main one is 0. */
export function originOf(pid: number, thread: number): string {
  return thread === 0 ? `${pid}` : `${pid}.${thread}`;
}

/**
 * Judges look by look what the observations have told, and nothing else: the same observations, with the facts of each
 * look among them, have the same findings, whether they are judged as they come or replayed from a recording.
 *
 *     … rows, events, facts ─▶ suspects_seen ─▶ suspects_seen ─▶ look ─▶ findings
 *                              begin, see …      see …            judging
 */
export class Judge {
  readonly #options: JudgeOptions;
  readonly #watch: Watch;
  #suspects: readonly Lifecycle[] = [];
  #next = 0;
  readonly #seen = new Map<ConnectionView, Lifecycle>();

  constructor(options: JudgeOptions) {
    this.#options = options;
    this.#watch = new Watch(options.connections, options.origin);
  }

  /** Those that are suspicious now are judged next. */
  begin(): void {
    this.#suspects = [...this.#options.knowledge.tracker.suspects()];
    this.#next = 0;
    this.#seen.clear();
  }

  /** How many of them were seen so far. */
  get next(): number {
    return this.#next;
  }

  get hasMore(): boolean {
    return this.#next < this.#suspects.length;
  }

  /** Sees the next one as it is at this moment. Undefined when it has got well, or is over, in the meantime. */
  see(at: Instant): Lifecycle | undefined {
    const suspect = this.#suspects[this.#next++];
    if (suspect === undefined || !this.#options.knowledge.tracker.suspects().has(suspect)) return undefined;
    this.#seen.set(viewOf(suspect, at), suspect);
    return suspect;
  }

  /** Those that were seen since it began and are not well. */
  get seen(): ReadonlyMap<ConnectionView, Lifecycle> {
    return this.#seen;
  }

  /** What there is to tell after this look, step by step. What it goes by is fixed before the first step. */
  judging(end: LookEnd, at: Instant): Steps<Finding[]> {
    const { knowledge } = this.#options;
    // Of a look that broke off before its end nothing is judged.
    if (end.suspects === 0) this.#seen.clear();
    const views = [...this.#seen.keys()];
    const seen = new Map(this.#seen);
    this.#suspects = [];
    const look: Look = {
      at,
      descriptors: end.descriptors,
      wallTime: (time) => wallTimeOf(time, end.wallTime),
      traceOf(view) {
        const connection = seen.get(view);
        return connection && knowledge.traceOf(connection);
      },
    };
    return this.#watch.looking(views, end.clock, look, this.#cases(knowledge.host.take(), at));
  }

  /** Nobody asks any more for those that were seen: until the next look they are let go. */
  rest(): void {
    this.#seen.clear();
  }

  /** Somebody wants to know of all the sockets of the namespace, whatever the counters say. */
  get wantsCensus(): boolean {
    return this.#options.host.ports.wantsCensus;
  }

  /** Whether a finding that was told is about this connection. */
  isAccused(connectionId: string): boolean {
    return this.#watch.isAccused(connectionId);
  }

  /** The leak that was told and that this connection was found in at the last look. */
  leakOf(connectionId: string): Finding | undefined {
    return this.#watch.leakOf(connectionId);
  }

  /** Those that are open now. */
  findings(): readonly Finding[] {
    return this.#watch.findings();
  }

  /** What is wrong around the connections. */
  #cases(look: HostLook, at: Instant): readonly Case[] {
    try {
      this.#options.looked?.(look, at);
    } catch (error) {
      this.#options.fault('looked', error);
    }
    return this.#options.host.all.flatMap((detector) => {
      try {
        return detector.examine(look, at);
      } catch (error) {
        this.#options.fault(detector.constructor.name, error);
        return [];
      }
    });
  }
}
