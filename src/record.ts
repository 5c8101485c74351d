import type { Knowledge } from './connection/knowledge.ts';
import type { Observation } from './connection/observation.ts';
import type { Options } from './options.ts';
import { keyedHash } from './recorder/keyed-hash.ts';
import { Recorder, type RecorderLimits } from './recorder/recorder.ts';
import { Pseudonyms } from './recording/pseudonyms.ts';
import { Transcript } from './recording/transcript.ts';
import type { Instant } from './tcp/identity.ts';
import { version } from './version.ts';

export interface RecordPorts {
  readonly options: Options;
  /** What is known before the observation that is recorded next. */
  readonly knowledge: Knowledge;
  readonly now: () => Instant;
  /** Told to a person. */
  readonly tell: (message: string) => void;
  /** So many observations came before this was there, and are lost. */
  readonly missed: number;
  readonly limits?: Partial<RecorderLimits> | undefined;
}

/** Option `record`: every observation in a file, in the order in which it is taken in. */
export class Recording {
  readonly #transcript: Transcript;
  readonly #recorder: Recorder;

  constructor({ options, knowledge, now, tell, missed, limits }: RecordPorts) {
    const pseudonyms = options.recordPseudonyms ? new Pseudonyms(keyedHash()) : undefined;
    this.#transcript = new Transcript({
      knowledge,
      pseudonyms,
      // Of networks a recording with pseudonyms says nothing.
      tellsIgnored: pseudonyms !== undefined,
      write: (lines) => this.#recorder.write(lines),
      dropped: () => this.#recorder.dropped,
    });
    this.#recorder = new Recorder({
      path: options.record,
      about: { synfin: version, options: judgedBy(options) },
      pseudonyms,
      now,
      tell,
      began: (part) => this.#transcript.begin(part, now()),
      limits,
    });
    const what = 'observations that came before the recorder was loaded';
    if (missed > 0) this.#transcript.add({ kind: 'lost', source: 'userland', at: now(), count: missed, what });
  }

  /** Before it is taken in. */
  add(said: Observation): void {
    this.#transcript.add(said);
  }

  /** Resolves when all of it is written, or can not be. */
  end(): Promise<void> {
    return this.#recorder.end();
  }

  /** Lines for which there was no room. */
  get dropped(): number {
    return this.#recorder.dropped;
  }
}

/** The options that a verdict depends on. */
function judgedBy(options: Options) {
  const { closeWaitMs, unreadMs, stuckWriteMs, finWait2Ms, handshakeMs, timeWaitShare } = options;
  const { maxConnections, ignore, intervalMs } = options;
  const thresholds = { closeWaitMs, unreadMs, stuckWriteMs, finWait2Ms, handshakeMs, timeWaitShare };
  return { ...thresholds, maxConnections, ignore, intervalMs };
}
