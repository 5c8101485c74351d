import type { Instant } from '../../tcp/identity.ts';
import type { TcpState } from '../../tcp/state.ts';

/** This process and its kernel, or whoever is at the other end. */
export type Side = 'us' | 'peer';

/** What goes over the wire; `fin_ack` is a FIN that acknowledges ours in the same segment. */
export type Segment = 'syn' | 'syn_ack' | 'ack' | 'data' | 'fin' | 'fin_ack' | 'rst' | 'handshake';

/** A state as it is written beside a lifeline. */
export interface StateMark {
  /** `unknown`: it changed, and to what cannot be told. */
  readonly state: TcpState | 'unknown';
  /** Nobody saw this side in it: it follows from the segments. */
  readonly inferred: boolean;
}

/** What a rung changes; a side that stays as it was is left out. */
export interface States {
  readonly us?: StateMark;
  readonly peer?: StateMark;
}

interface Placed {
  /** Undefined where nobody knows when. */
  readonly at: Instant | undefined;
  /** Its moment was not seen, or it was not seen at all and must have been there. */
  readonly inferred: boolean;
}

/** An arrow from one lifeline to the other. */
export interface SegmentRung extends Placed {
  readonly kind: 'segment';
  readonly segment: Segment;
  readonly from: Side;
  /** False where nothing shows that it came: the arrow ends before the other lifeline. */
  readonly arrives: boolean;
  /** It and the one beside it were on their way at the same time (RFC 9293, figures 7 and 13). */
  readonly crossing: boolean;
  /** Sent again, so often. */
  readonly again: number;
  /** Payload in all, of data. */
  readonly bytes: number | undefined;
  /** In seconds, of a handshake that is drawn as one rung. */
  readonly took?: number | undefined;
  /** What an ACK is for. */
  readonly acks?: 'syn' | 'fin' | undefined;
}

/**
 * What happens on this side without a segment. `looked`: it was found in another state than the segments lead to.
 * `gone`: it was there, and was not when somebody looked again.
 */
export type EventName =
  | 'descriptor_closed'
  | 'time_wait_over'
  | 'timed_out'
  | 'aborted'
  | 'given_up'
  | 'failed'
  | 'gone'
  | 'looked';

export interface EventRung extends Placed {
  readonly kind: 'event';
  readonly event: EventName;
  /** Node's error code, where there is one. */
  readonly error: string | undefined;
}

export type Step = SegmentRung | EventRung;

/** One step of a life, and the states that it leads to. */
export type Rung = Step & { readonly states: States };

export function segment(
  name: Segment,
  from: Side,
  at: Instant | undefined,
  inferred: boolean,
  more: Partial<SegmentRung> = {},
): SegmentRung {
  const usual = { arrives: true, crossing: false, again: 0, bytes: undefined };
  return { kind: 'segment', segment: name, from, at, inferred, ...usual, ...more };
}

export function otherSide(side: Side): Side {
  return side === 'us' ? 'peer' : 'us';
}
