import assert from 'node:assert/strict';
import type { TrackerLimits } from '../../src/connection/bounds.ts';
import type { Lifecycle } from '../../src/connection/lifecycle.ts';
import type { LifecycleEvent } from '../../src/connection/lifecycle-event.ts';
import type { Observation } from '../../src/connection/observation.ts';
import { Tracker } from '../../src/connection/tracker.ts';
import { viewOf } from '../../src/connection/view.ts';
import { seconds } from './observations.ts';

/** A tracker and what it told: the tests speak to it in observations and read its story. */
export interface Watch {
  readonly tracker: Tracker;
  /** All that was told so far. */
  readonly events: LifecycleEvent[];
  /** What came of these observations, in words. */
  tell(...observations: readonly Observation[]): string[];
  /** What came of time passing, in words. */
  advance(to: number): string[];
  /** The one connection that there is, or was. */
  connection(): Lifecycle;
}

export function watch(limits: TrackerLimits = { maxConnections: 100, maxReleased: 50 }): Watch {
  const tracker = new Tracker(limits);
  const events: LifecycleEvent[] = [];
  const note = (more: readonly LifecycleEvent[]) => {
    events.push(...more);
    return more.map(inWords);
  };
  return {
    tracker,
    events,
    tell: (...observations) => observations.flatMap((observation) => note(tracker.observe(observation))),
    advance: (to) => note(tracker.advance(seconds(to))),
    connection() {
      const all = new Set([...tracker.connections(), ...events.map((event) => event.connection)]);
      assert.equal(all.size, 1, 'one connection');
      const [only] = all;
      assert.ok(only);
      return only;
    },
  };
}

/** `established → close_wait @19.9 inferred`, `teardown_started @19.9`, `handshake_failed ECONNREFUSED @10`. */
export function inWords(event: LifecycleEvent): string {
  switch (event.kind) {
    case 'state_changed': {
      const { from, to, at, inferred } = event.change;
      return `${from} → ${to} @${at / 1e6}${inferred ? ' inferred' : ''}`;
    }
    case 'handshake_failed':
      return `${event.kind} ${event.error} @${event.at / 1e6}`;
    case 'forgotten':
      return `${event.kind} ${event.why}`;
    default:
      return `${event.kind} @${event.at / 1e6}`;
  }
}

/** `syn @10`, `ack @10.02 inferred`: the segments that matter, in the order in which they went over the wire. */
export function steps(connection: Lifecycle): string[] {
  return viewOf(connection, seconds(1e6)).steps.map(
    ({ name, at, inferred }) => `${name} @${at / 1e6}${inferred ? ' inferred' : ''}`,
  );
}
