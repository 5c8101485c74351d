import type { Instant } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { ObservationSource } from './observation.ts';

/** What came of an observation: the things that happen in the life of a connection, in the order they happened. */
export type LifecycleEvent =
  | { readonly kind: 'state_changed'; readonly connection: Lifecycle; readonly change: StateChange }
  | { readonly kind: 'handshake_started'; readonly connection: Lifecycle; readonly at: Instant }
  | { readonly kind: 'handshake_completed'; readonly connection: Lifecycle; readonly at: Instant }
  | { readonly kind: 'handshake_failed'; readonly connection: Lifecycle; readonly at: Instant; readonly error: string }
  | { readonly kind: 'teardown_started'; readonly connection: Lifecycle; readonly at: Instant }
  | { readonly kind: 'teardown_completed'; readonly connection: Lifecycle; readonly at: Instant }
  /** The tracker will not speak of this connection again. */
  | { readonly kind: 'forgotten'; readonly connection: Lifecycle; readonly why: 'over' | 'evicted' };

/** One edge of a connection's life. */
export interface StateChange {
  readonly from: TcpState;
  readonly to: TcpState;
  readonly at: Instant;
  /** Nobody saw it: it must have happened, because of what was seen before and after. */
  readonly inferred: boolean;
  readonly source: ObservationSource;
}

/** A segment that matters to the life of a connection, sent or received by this side. */
export type StepName =
  | 'syn'
  | 'syn_ack'
  | 'ack'
  | 'syn.retransmit'
  | 'fin.sent'
  | 'fin.received'
  | 'fin.acked'
  | 'rst.sent'
  | 'rst.received';

export interface Step {
  readonly name: StepName;
  readonly at: Instant;
  readonly inferred: boolean;
}
