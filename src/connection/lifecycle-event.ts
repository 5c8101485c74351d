import type { Instant } from '../tcp/identity.ts';
import type { Lifecycle, StateChange } from './lifecycle.ts';

/** What came of an observation: the things that happen in the life of a connection, in the order they happened. */
export type LifecycleEvent =
  | { readonly kind: 'state_changed'; readonly connection: Lifecycle; readonly change: StateChange }
  | { readonly kind: 'handshake_started'; readonly connection: Lifecycle; readonly at: Instant }
  /** `context` is the telemetry context of the connect() call; the connection lets go of it here. */
  | {
      readonly kind: 'handshake_completed';
      readonly connection: Lifecycle;
      readonly at: Instant;
      readonly context: unknown;
    }
  | {
      readonly kind: 'handshake_failed';
      readonly connection: Lifecycle;
      readonly at: Instant;
      readonly context: unknown;
      readonly error: string;
    }
  /** A pool's connection, after its handshake: `context` is that of the first request that it serves. */
  | {
      readonly kind: 'request_assigned';
      readonly connection: Lifecycle;
      readonly at: Instant;
      readonly context: unknown;
    }
  | { readonly kind: 'teardown_started'; readonly connection: Lifecycle; readonly at: Instant }
  | { readonly kind: 'teardown_completed'; readonly connection: Lifecycle; readonly at: Instant }
  /** The tracker will not speak of this connection again. */
  | { readonly kind: 'forgotten'; readonly connection: Lifecycle; readonly why: 'over' | 'evicted' };

/** A segment that matters to the life of a connection, sent or received by this side. */
export type StepName =
  | 'syn'
  | 'syn_ack'
  | 'ack'
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
