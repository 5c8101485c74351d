import { setTimeout as delay } from 'node:timers/promises';
import type { Instant } from '../tcp/identity.ts';
import { Candidate, type SourceStatus } from './candidate.ts';
import { longestTimerMs } from './pace.ts';
import type { Report, Source } from './source.ts';

export interface SelectionOptions {
  readonly report: Report;
  /** Told once for each source that cannot run or breaks, in words for a person. */
  readonly tell: (message: string) => void;
  /** After this long, a source that was refused or broke is tried again; it doubles up to sixty-four times that. */
  readonly retryMs: number;
  readonly now: () => Instant;
}

/** So many different messages are told; whatever breaks in ever new words is known by then. */
const mostTold = 50;

/**
 * Asks each source in the order of preference whether this host can run it, and runs the first that says yes. When that
 * one breaks, the next takes over at once; while a worse one runs, the better ones are asked again from time to time,
 * and the best that can run again takes its place back. Never are two run at once.
 */
export class Selection {
  readonly #candidates: readonly Candidate[];
  readonly #options: SelectionOptions;
  readonly #told = new Set<string>();
  /** Those that do not run: told as soon as it is known who looks instead. */
  #untold: Candidate[] = [];

  constructor(sources: readonly Source[], options: SelectionOptions) {
    const { retryMs, report } = options;
    const lost = (message: string) => this.#tellOnce(message);
    this.#candidates = sources.map((source) => new Candidate(source, { retryMs, report, lost }));
    this.#options = options;
  }

  /** Runs until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let before: Candidate | undefined;
    let chosen: Candidate | undefined;
    while (!signal.aborted) {
      chosen ??= await this.#firstThatCan(this.#candidates, signal);
      if (signal.aborted) break;
      if (chosen === undefined) {
        this.#tellThatNoneCan();
        await this.#untilDue(this.#candidates, signal);
        continue;
      }
      this.#tellWhoLooks(chosen, before);
      before = chosen;
      chosen = await this.#runUntilBetter(chosen, signal);
    }
    for (const candidate of this.#candidates) candidate.stop();
  }

  /** What was done about the rows of a look took so many microseconds: whoever looked pays. */
  charge(us: number): void {
    this.#candidates.find(({ isRunning }) => isRunning)?.charge(us);
  }

  /** Whoever looks walks over all the sockets in some states. Undefined where that cannot be done now. */
  glance(...asked: Parameters<Candidate['glance']>): Promise<boolean> | undefined {
    return this.#candidates.find(({ isRunning }) => isRunning)?.glance(...asked);
  }

  statuses(): readonly SourceStatus[] {
    return this.#candidates.map((candidate) => candidate.status());
  }

  /** Runs it until it breaks, or until a better one can run again: that one is returned, to be run next. */
  async #runUntilBetter(chosen: Candidate, signal: AbortSignal): Promise<Candidate | undefined> {
    const stop = new AbortController();
    const abort = () => stop.abort();
    signal.addEventListener('abort', abort, { once: true });
    const over = chosen.run(stop.signal, this.#options.now).finally(abort);
    try {
      const better = await this.#awaitBetter(chosen, stop.signal);
      stop.abort();
      await over;
      if (signal.aborted || better) return better;
      this.#untold.push(chosen);
      return undefined;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async #awaitBetter(chosen: Candidate, signal: AbortSignal): Promise<Candidate | undefined> {
    const better = this.#candidates.slice(0, this.#candidates.indexOf(chosen));
    while (!signal.aborted) {
      await this.#untilDue(better, signal);
      if (signal.aborted) return undefined;
      const found = await this.#firstThatCan(better, signal);
      if (found) return found;
      // What a better one says now is no news: a worse one looks.
      this.#untold = [];
    }
    return undefined;
  }

  /** The first that is not waiting for its next trial and says that this host can run it. */
  async #firstThatCan(candidates: readonly Candidate[], signal: AbortSignal): Promise<Candidate | undefined> {
    for (const candidate of candidates) {
      if (candidate.dueAt > this.#options.now()) continue;
      const can = await candidate.probe(this.#options.now, signal);
      if (signal.aborted) return undefined;
      if (can) return candidate;
      this.#untold.push(candidate);
    }
    return undefined;
  }

  /** Until the first of them is to be tried. Does not keep the process alive. */
  async #untilDue(candidates: readonly Candidate[], signal: AbortSignal): Promise<void> {
    if (candidates.length === 0) return new Promise((done) => whenAborted(signal, done));
    const due = Math.min(...candidates.map(({ dueAt }) => dueAt));
    const ms = Math.min(Math.max(1, (due - this.#options.now()) / 1000), longestTimerMs);
    await delay(ms, undefined, { ref: false, signal }).catch(() => {});
  }

  #tellWhoLooks(chosen: Candidate, before: Candidate | undefined): void {
    for (const candidate of this.#untold)
      if (candidate !== chosen) this.#tellOnce(`${candidate.complaint()}. Source ${chosen.name} looks instead`);
    if (before && this.#candidates.indexOf(chosen) < this.#candidates.indexOf(before))
      this.#tellOnce(`source ${chosen.name} can run again, and looks instead of ${before.name}`);
    this.#untold = [];
  }

  #tellThatNoneCan(): void {
    const why = this.#candidates.map((candidate) => candidate.complaint());
    this.#untold = [];
    this.#tellOnce(
      `no findings are given, and times are Node's own, since the kernel cannot be asked: ${why.join('; ')}`,
    );
  }

  #tellOnce(message: string): void {
    if (this.#told.has(message) || this.#told.size >= mostTold) return;
    this.#told.add(message);
    this.#options.tell(message);
  }
}

function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
}
