import { setTimeout as delay } from 'node:timers/promises';
import type { Report, Source, SourceName } from './source.ts';

/** What became of a source that was wanted. */
export interface SourceStatus {
  readonly name: SourceName;
  /** `refused`: this host cannot run it. `failed`: it broke, and is tried again. `waiting`: a better one runs. */
  readonly state: 'running' | 'refused' | 'failed' | 'waiting' | 'stopped';
  /** What was attempted and what came back; for `refused`, with what would make it work. */
  readonly reason?: string | undefined;
  readonly requirement?: string | undefined;
  readonly observations: number;
  readonly lost: number;
}

export interface SelectionOptions {
  readonly report: Report;
  /** Told once for each source that cannot run or breaks, in words for a person. */
  readonly tell: (message: string) => void;
  /** After this long, a source that broke is tried again; it doubles up to sixty-four times that. */
  readonly retryMs: number;
}

interface Candidate {
  readonly source: Source;
  state: SourceStatus['state'];
  reason?: string | undefined;
  requirement?: string | undefined;
  observations: number;
  lost: number;
}

/** Asks each source in the order of preference whether this host can run it, runs the first that says yes, and goes on asking. */
export class Selection {
  readonly #candidates: readonly Candidate[];
  readonly #options: SelectionOptions;
  readonly #told = new Set<string>();

  constructor(sources: readonly Source[], options: SelectionOptions) {
    this.#candidates = sources.map((source) => ({ source, state: 'waiting', observations: 0, lost: 0 }));
    this.#options = options;
  }

  /** Runs until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let pause = this.#options.retryMs;
    while (!signal.aborted) {
      const chosen = await this.#choose();
      if (signal.aborted) return;
      const startedAt = chosen?.observations ?? 0;
      if (chosen) await this.#runOne(chosen, signal);
      if (signal.aborted) return;
      // One that had been working gets the short pause again.
      const worked = chosen !== undefined && chosen.observations > startedAt;
      pause = worked ? this.#options.retryMs : Math.min(pause * 2, this.#options.retryMs * 64);
      await delay(pause, undefined, { ref: false, signal }).catch(() => {});
    }
  }

  statuses(): readonly SourceStatus[] {
    return this.#candidates.map(({ source, state, reason, requirement, observations, lost }) => ({
      name: source.name,
      state,
      reason,
      requirement,
      observations,
      lost,
    }));
  }

  async #choose(): Promise<Candidate | undefined> {
    const refused: string[] = [];
    for (const candidate of this.#candidates) {
      const refusal = await refusalOf(candidate.source);
      if (refusal === undefined) {
        for (const message of refused) this.#tellOnce(message);
        return candidate;
      }
      candidate.state = 'refused';
      candidate.reason = messageOf(refusal);
      candidate.requirement = requirementOf(refusal);
      refused.push(`source ${candidate.source.name} cannot run here: ${candidate.reason}`);
    }
    this.#tellOnce(
      `no findings are given, and times are Node's own, since the kernel cannot be asked: ${refused.join('; ')}`,
    );
    return undefined;
  }

  async #runOne(candidate: Candidate, signal: AbortSignal): Promise<void> {
    candidate.state = 'running';
    candidate.reason = undefined;
    const report: Report = (observation) => {
      if (observation.kind === 'lost') candidate.lost += observation.count;
      else candidate.observations++;
      this.#options.report(observation);
    };
    try {
      await candidate.source.run(report, signal);
      candidate.state = 'stopped';
    } catch (error) {
      candidate.state = 'failed';
      candidate.reason = messageOf(error);
      this.#tellOnce(`source ${candidate.source.name} broke and will be tried again: ${candidate.reason}`);
    }
  }

  #tellOnce(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#options.tell(message);
  }
}

/** A probe that breaks, at once or later, refuses too. */
async function refusalOf(source: Source): Promise<unknown> {
  try {
    return await source.probe();
  } catch (error) {
    return error ?? new Error('its probe failed');
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function requirementOf(error: unknown): string | undefined {
  const requirement: unknown = error instanceof Error ? Reflect.get(error, 'requirement') : undefined;
  return typeof requirement === 'string' ? requirement : undefined;
}
