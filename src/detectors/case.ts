import type { Instant } from '../tcp/identity.ts';
import type { Finding } from './detector.ts';
import type { Growth } from './growth.ts';
import type { Cause, FindingKind } from './kinds.ts';
import type { Look } from './look.ts';
import type { Steps } from './steps.ts';

/** What a case says of itself; the raiser adds the rest of the finding. */
export interface CaseFacts
  extends Pick<Finding, 'severity' | 'since' | 'age_s' | 'subject' | 'sample' | 'forecast' | 'confidence'> {
  /** Where more is known than how the count has grown from look to look. */
  readonly growth_per_minute?: number;
}

/** Something that is wrong in one place, as one look shows it: what becomes a finding. */
export interface Case {
  readonly kind: FindingKind;
  readonly cause: Cause;
  /** Connections, ports, requests: what the kind counts. */
  readonly count: number;
  /** The same for the same trouble at the next look: kind, cause, and where. */
  readonly place: string;
  /** A found that still grows from look to look is told of after so many, if not after the usual number. */
  readonly looksToSettle?: number | undefined;
  /** What it is recognised by when its cause becomes clearer: the ids of its connections, or the place alone. */
  members(): Iterable<string>;
  describe(growth: Growth, look: Look): Steps<CaseFacts>;
}

/** A case that is not about connections one by one: a destination, a listener, the ports of an address. */
export interface PlaceCase {
  readonly kind: FindingKind;
  readonly cause: Cause;
  readonly count: number;
  /** The destination or the listener, whatever the cause. */
  readonly where: string;
  /** When it began. */
  readonly since: Instant;
  readonly severity: Finding['severity'];
  readonly subject: Finding['subject'];
  readonly sample?: Finding['sample'];
  readonly forecast?: Finding['forecast'];
  readonly confidence: Finding['confidence'];
  readonly looksToSettle?: number | undefined;
  /** Where more is known than how the count has grown from look to look. */
  readonly growthPerMinute?: number | undefined;
}

export function placeCase({
  kind,
  cause,
  count,
  where,
  since,
  sample = [],
  forecast = null,
  looksToSettle,
  growthPerMinute,
  ...rest
}: PlaceCase): Case {
  return {
    kind,
    cause,
    count,
    looksToSettle,
    place: `${kind}|${cause}|${where}`,
    members: () => [`${kind}|${where}`],
    *describe(_growth, { at, wallTime }) {
      yield;
      const age_s = rounded(Math.max(0, at - since) / 1e6);
      const known = growthPerMinute === undefined ? {} : { growth_per_minute: rounded(growthPerMinute) };
      return { ...rest, ...known, since: wallTime(since), age_s, sample, forecast };
    },
  };
}

/** One digit after the point. */
export function rounded(number: number): number {
  return Math.round(number * 10) / 10;
}
