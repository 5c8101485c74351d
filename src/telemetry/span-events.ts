import type { Attributes, Span } from '@opentelemetry/api';
import type { Lifecycle, StateChange } from '../connection/lifecycle.ts';
import type { Step } from '../connection/lifecycle-event.ts';
import { stepsOf } from '../connection/view.ts';
import type { Instant } from '../tcp/identity.ts';
import { attribute as a, eventPrefix, stateChangeEvent } from './semconv.ts';
import type { HrTime } from './wall-clock.ts';

/** What happened within a span: the segments, and the states that they led to. */
export interface SpanEvents {
  readonly steps: readonly Step[];
  readonly changes: readonly StateChange[];
}

/** Of one that failed, the RST that refused it is a step too. */
export function handshakeEvents(connection: Lifecycle, failed: boolean): SpanEvents {
  const { established } = connection;
  return {
    steps: stepsOf(connection).filter((step) => failed || isOfHandshake(step)),
    changes: established ? [handshakeChange(connection, established)] : [],
  };
}

export function teardownEvents(connection: Lifecycle): SpanEvents {
  return { steps: stepsOf(connection).filter((step) => !isOfHandshake(step)), changes: connection.changes };
}

/** Writes them on the span, each with a time of its own. */
export function addEvents(span: Span, { steps, changes }: SpanEvents, time: (at: Instant) => HrTime): void {
  for (const { name, at, inferred } of steps)
    span.addEvent(eventPrefix + name, inferred ? { [a.inferred]: true } : {}, time(at));
  for (const { from, to, at, inferred } of changes) {
    const attributes: Attributes = { [a.networkConnectionState]: to, [a.statePrevious]: from };
    if (inferred) attributes[a.inferred] = true;
    span.addEvent(stateChangeEvent, attributes, time(at));
  }
}

const handshakeSteps = new Set<Step['name']>(['syn', 'syn_ack', 'ack']);

function isOfHandshake({ name }: Step): boolean {
  return handshakeSteps.has(name);
}

function handshakeChange(
  { role, source }: Lifecycle,
  { at, inferred }: { at: Instant; inferred: boolean },
): StateChange {
  const from = role === 'server' ? 'syn_received' : 'syn_sent';
  return { from, to: 'established', at, inferred, found: true, source };
}
