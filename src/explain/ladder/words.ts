import type { Role } from '../../connection/lifecycle.ts';
import type { EventName, Segment } from './rung.ts';
import type { Awaited } from './waits.ts';

/** What a ladder says in one language. Names of segments and states stay as they are. */
export interface LadderWords {
  readonly us: string;
  readonly peer: string;
  readonly roles: Readonly<Record<Role, string>>;
  readonly units: Readonly<Record<'ms' | 's' | 'min' | 'h' | 'd', string>>;
  readonly segments: Readonly<Record<Segment, string>>;
  /** Sent again, so often. */
  again(segment: string, times: number): string;
  crossing(segment: string): string;
  /** A segment, with how many bytes or how long. */
  measured(segment: string, much: string): string;
  event(event: EventName, error: string | undefined): string;
  waiting(what: Awaited, bytes: number): string;
  /** How long that has gone on. */
  counting(age: string): string;
  /** So much of the 2 MSL is over. */
  twoMsl(age: string, all: string): string;
  readonly beginningUnknown: string;
  readonly endUnseen: string;
  readonly omitted: string;
  readonly unknownAddress: string;
  /** What dashes and brackets mean, and the question mark. */
  readonly legend: { readonly inferred: (dash: string) => string; readonly lost: string };
  /** Of the picture, for those who do not see it. */
  readonly title: (id: string, from: string, to: string, state: string) => string;
  /** An arrow, in words. */
  readonly arrow: (from: string, to: string, what: string) => string;
  readonly inferred: string;
}
