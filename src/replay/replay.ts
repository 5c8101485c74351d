import type { Lost, Observation } from '../connection/observation.ts';
import { type ExplainedFinding, explain } from '../explain/explain.ts';
import type { Language } from '../explain/language.ts';
import type { RecordingHeader } from '../recording/header.ts';
import { decodeLine } from '../recording/line.ts';
import type { Instant } from '../tcp/identity.ts';
import { type BadLineAt, BadLines } from './bad-lines.ts';
import { Session } from './session.ts';

/** What there is to tell while a recording is replayed. */
export type Replayed =
  /** A part begins. `follows`: it goes on where the one before it ended. */
  | { readonly kind: 'part'; readonly header: RecordingHeader; readonly follows: boolean }
  | { readonly kind: 'finding'; readonly finding: ExplainedFinding; readonly at: Instant }
  | { readonly kind: 'lost'; readonly lost: Lost }
  /** The first line of a part that cannot be read; others are only counted. */
  | ({ readonly kind: 'bad_line' } & BadLineAt)
  /** A part is over. `cutOff`: in the middle of its last line. */
  | { readonly kind: 'end'; readonly lines: number; readonly bad: number; readonly cutOff: boolean }
  /** An error of synfin's own. */
  | { readonly kind: 'fault'; readonly where: string; readonly error: unknown };

/** A part of a recording, as far as it was read. */
interface Part {
  readonly header: RecordingHeader | undefined;
  /** What is told again in it was heard before. */
  follows: boolean;
  readonly badLines: BadLines;
  lines: number;
  /** So many of the next observations were told in earlier parts, and these were heard. */
  heard: number;
}

/**
 * Judges what was recorded as it was judged when it happened: the same lines, the same findings. Parts of one run go on
 * where the one before ended; where that one is missing, from what the part tells again. Time is what the lines say.
 */
export class Replay {
  readonly #language: Language;
  readonly #told: Replayed[] = [];
  #part: Part | undefined;
  #session: Session | undefined;
  #at: Instant | undefined;

  constructor(language: Language = 'en') {
    this.#language = language;
  }

  /** When the last observation was made. */
  get at(): Instant | undefined {
    return this.#at;
  }

  /** What there is to tell after this line, which has no newline. */
  take(line: string): readonly Replayed[] {
    const said = decodeLine(line);
    if (said.kind === 'recording') this.#begin(said);
    this.#part ??= newPart(undefined, false);
    const part = this.#part;
    const number = ++part.lines;
    const first = said.kind === 'bad_line' ? part.badLines.bad({ bad: said, line: number }) : part.badLines.good();
    if (first) this.#told.push({ kind: 'bad_line', ...first });
    const heard = part.heard > 0 && said.kind !== 'recording';
    if (heard) part.heard--;
    else if (said.kind !== 'recording' && said.kind !== 'bad_line') this.#observe(said, part);
    return this.#told.splice(0);
  }

  /** There are no more lines. */
  end(): readonly Replayed[] {
    this.#endPart();
    this.#part = undefined;
    return this.#told.splice(0);
  }

  #begin(header: RecordingHeader): void {
    this.#endPart();
    const before = this.#part?.header;
    const follows = before?.run === header.run && header.part === before.part + 1;
    this.#part = newPart(header, follows);
    this.#told.push({ kind: 'part', header, follows });
    if (!follows) this.#anew(header);
  }

  #anew(header: RecordingHeader): void {
    this.#session = new Session(header, (where, error) => this.#told.push({ kind: 'fault', where, error }));
  }

  #endPart(): void {
    if (this.#part) this.#told.push({ kind: 'end', lines: this.#part.lines, ...this.#part.badLines.end() });
  }

  #observe(said: Observation, part: Part): void {
    if (this.#session === undefined) return;
    this.#at = said.at;
    if (said.kind === 'lost') this.#told.push({ kind: 'lost', lost: said });
    const fact = said.kind === 'host' ? said.fact : undefined;
    if (fact?.name === 'told_again' && part.follows) part.heard = fact.count;
    if (fact?.name === 'told_anew' && part.header) {
      part.follows = false;
      this.#anew(part.header);
    }
    try {
      for (const finding of this.#session.observe(said))
        this.#told.push({ kind: 'finding', finding: explain(finding, this.#language), at: said.at });
    } catch (error) {
      // A line may hold a time that no calendar has: what comes after it is judged all the same.
      this.#told.push({ kind: 'fault', where: 'replay', error });
    }
  }
}

function newPart(header: RecordingHeader | undefined, follows: boolean): Part {
  return { header, follows, badLines: new BadLines(), lines: 0, heard: 0 };
}
