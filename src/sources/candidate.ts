import type { Instant } from '../tcp/identity.ts';
import type { Spent } from './pace.ts';
import type { Report, Source, SourceName } from './source.ts';

/** What became of a source that was wanted. */
export interface SourceStatus extends Partial<Spent> {
  readonly name: SourceName;
  /** `refused`: this host cannot run it. `failed`: it broke. Both are tried again. `waiting`: a better one runs. */
  readonly state: 'running' | 'refused' | 'failed' | 'waiting' | 'stopped';
  /** What was attempted and what came back; for `refused`, with what would make it work. */
  readonly reason?: string | undefined;
  readonly requirement?: string | undefined;
  readonly observations: number;
  readonly lost: number;
}

export interface CandidateOptions {
  readonly report: Report;
  readonly retryMs: number;
  /** Told when it first says that it did not see something. */
  readonly lost: (message: string) => void;
}

/** The pause before the next trial doubles up to this many times the first. */
const longestPause = 64;

/** A source that has run for so many pauses has worked: when it breaks after that, its next pause is short again. */
const pausesOfWork = 8;

/** One of the sources that were wanted, and how it has fared. */
export class Candidate {
  readonly #source: Source;
  readonly #options: CandidateOptions;
  #state: SourceStatus['state'] = 'waiting';
  #reason: string | undefined;
  #requirement: string | undefined;
  #observations = 0;
  #lost = 0;
  #pauseMs: number;
  #dueAt = 0;
  /** Looks that showed all that there was to see. */
  #goodLooks = 0;

  constructor(source: Source, options: CandidateOptions) {
    this.#source = source;
    this.#options = options;
    this.#pauseMs = options.retryMs;
  }

  get name(): SourceName {
    return this.#source.name;
  }

  /** Why it does not run, for a person. */
  complaint(): string {
    const what = this.#state === 'failed' ? 'broke and will be tried again' : 'cannot run here';
    return `source ${this.name} ${what}: ${this.#reason}`;
  }

  /** When it may be tried again. */
  get dueAt(): number {
    return this.#dueAt;
  }

  /** Whether this host can run it now. A probe that breaks, at once or later, refuses too. */
  async probe(now: () => Instant, signal?: AbortSignal): Promise<boolean> {
    const refusal = await this.#refusal(signal);
    if (refusal === undefined) return true;
    this.#state = 'refused';
    this.#reason = messageOf(refusal);
    this.#requirement = requirementOf(refusal);
    this.#pause(now());
    return false;
  }

  /** Runs it until the signal aborts or it breaks: then it is `failed`. Never rejects. */
  async run(signal: AbortSignal, now: () => Instant): Promise<void> {
    const startedAt = now();
    const goodBefore = this.#goodLooks;
    this.#state = 'running';
    this.#reason = undefined;
    this.#requirement = undefined;
    let over = false;
    try {
      await this.#source.run((observation) => over || this.#take(observation), signal);
      if (!signal.aborted) throw new Error('it ended on its own');
      this.#state = 'waiting';
    } catch (error) {
      if (signal.aborted) {
        // Whatever broke while it was being stopped is no news of the host.
        this.#state = 'waiting';
        return;
      }
      this.#state = 'failed';
      this.#reason = messageOf(error);
      const longEnough = now() - startedAt >= Math.max(this.#pauseMs, this.#options.retryMs * pausesOfWork) * 1000;
      const worked = longEnough && this.#goodLooks > goodBefore;
      if (worked) this.#pauseMs = this.#options.retryMs;
      this.#pause(now());
    } finally {
      over = true;
    }
  }

  /** What was done about its rows took so many microseconds of the event loop. */
  charge(us: number): void {
    this.#source.charge?.(us);
  }

  /** Undefined where it cannot. */
  glance(...asked: Parameters<NonNullable<Source['glance']>>): Promise<boolean> | undefined {
    return this.#source.glance?.(...asked);
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** Nothing is looked at any more. */
  stop(): void {
    if (this.#state === 'running' || this.#state === 'waiting') this.#state = 'stopped';
  }

  status(): SourceStatus {
    return {
      name: this.name,
      state: this.#state,
      reason: this.#reason,
      requirement: this.#requirement,
      observations: this.#observations,
      lost: this.#lost,
      ...this.#source.spent?.(),
    };
  }

  #take(observation: Parameters<Report>[0]): void {
    if (observation.kind === 'lost') {
      if (this.#lost === 0) this.#options.lost(`source ${this.name} lost ${observation.count}: ${observation.what}`);
      this.#lost += observation.count;
    } else this.#observations++;
    if (observation.kind === 'sweep_end' && observation.whole) this.#goodLooks++;
    this.#options.report(observation);
  }

  async #refusal(signal: AbortSignal | undefined): Promise<unknown> {
    try {
      return await this.#source.probe(signal);
    } catch (error) {
      return error ?? new Error('its probe failed');
    }
  }

  /** A trial costs, too: one that is dear is made as rarely as the budget wants it, however soon it would be due. */
  #pause(now: Instant): void {
    this.#dueAt = now + Math.max(this.#pauseMs, this.#source.pause?.() ?? 0) * 1000;
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#options.retryMs * longestPause);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function requirementOf(error: unknown): string | undefined {
  const requirement: unknown = error instanceof Error ? Reflect.get(error, 'requirement') : undefined;
  return typeof requirement === 'string' ? requirement : undefined;
}
