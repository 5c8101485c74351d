import { HostFacts, isOfTheHost } from './host-facts.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import type { Observation } from './observation.ts';
import type { Tracker } from './tracker.ts';

const nothing: readonly LifecycleEvent[] = [];

/** All that observations have told, of the connections and of what is around them: the same from the same ones. */
export class Knowledge {
  readonly tracker: Tracker;
  readonly host = new HostFacts();
  readonly #traces = new WeakMap<Lifecycle, string>();

  constructor(tracker: Tracker) {
    this.tracker = tracker;
  }

  observe(said: Observation): readonly LifecycleEvent[] {
    if (isOfTheHost(said)) {
      this.host.observe(said);
      if (said.kind === 'host') this.#hear(said.fact);
      return nothing;
    }
    const events = this.tracker.observe(said);
    // A sweep is what makes time pass: whoever hears the same sweeps forgets the same connections.
    return said.kind === 'sweep_end' ? [...events, ...this.tracker.advance(said.at)] : events;
  }

  /** The trace that a connection was opened in, as far as it was told. */
  traceOf(connection: Lifecycle): string | undefined {
    return this.#traces.get(connection);
  }

  #hear(fact: Extract<Observation, { kind: 'host' }>['fact']): void {
    if (fact.name === 'foreign') this.tracker.reject(fact.id);
    if (fact.name !== 'trace' && fact.name !== 'ignored') return;
    const connection = this.tracker.get(fact.socket);
    if (connection === undefined) return;
    if (fact.name === 'trace') this.#traces.set(connection, fact.traceId);
    else connection.suppressed = true;
  }
}
