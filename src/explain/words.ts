import type { Finding } from '../detectors/detector.ts';
import type { CauseOf, FindingKind } from '../detectors/kinds.ts';

/** What a person is told of a cause. */
export interface CauseWords {
  /** What was seen, as the end of a sentence on the connections: "…: nobody …". */
  readonly seen: string;
  /** What to change in the code or the settings. */
  readonly advice: string;
  /** What happened, whose turn it is, what it comes to: where that is not what the kind says otherwise. */
  readonly wire?: string;
  readonly turn?: string;
  readonly outcome?: string;
  /** Between what is counted and the listener, where nobody has accepted it. */
  readonly at?: string;
}

/** What happened on the wire, whose turn it is, and what it comes to when nothing is done. */
export interface KindWords<Kind extends FindingKind> {
  /** What is counted: one, and many of it. */
  readonly noun: readonly [one: string, many: string];
  readonly title: string;
  /** What is counted has happened and is over, like a request that failed: the first one so long ago. */
  readonly happened?: true;
  readonly wire: string;
  readonly turn: string;
  readonly outcome: string;
  /** The limit that such connections come up against: its name after a number, and the sentence when it is reached. */
  readonly limit: { readonly name: string; readonly reached: string };
  readonly causes: Readonly<Record<CauseOf<Kind>, CauseWords>>;
  /** Between what is counted and the listener: `accepted on`, unless it says otherwise. */
  readonly at?: string;
  /** Where the finding's own numbers tell more than its cause. */
  readonly inThisCase?: (finding: Finding) => Partial<CauseWords & Pick<KindWords<Kind>, 'limit'>>;
  /**
   * In place of `3 connections to …, the oldest for 34 s in …`: `many` is how many and where; `place`, which begins with
   * a space, where alone.
   */
  readonly summary?: (finding: Finding, many: string, place: string) => string;
  /** What the finding's own numbers say, in sentences. */
  readonly details?: (finding: Finding) => readonly string[];
}

export type Words = { readonly [Kind in FindingKind]: KindWords<Kind> };
