import type { ClosedLog } from '../connection/closed-log.ts';
import type { HostFacts } from '../connection/host-facts.ts';
import type { Instant } from '../tcp/identity.ts';

/** What came in at a listener stays in TIME_WAIT for so many microseconds, whether it still listens or not. */
const holdsUs = 60_000_000;

export interface ListeningPortsPorts {
  readonly facts: Pick<HostFacts, 'listening' | 'listeners'>;
  readonly closed: Pick<ClosedLog, 'listenerPorts'>;
  /** The ports that this thread listens on, by its own word. */
  readonly ours: () => Iterable<number>;
}

/** Ports that somebody listened on, and when that was last seen: not each look brings all the listeners. */
export class ListeningPorts {
  readonly #ports: ListeningPortsPorts;
  readonly #seen = new Map<number, Instant>();

  constructor(ports: ListeningPortsPorts) {
    this.#ports = ports;
  }

  look(at: Instant): void {
    for (const { id } of this.#ports.facts.listening) if (id.tuple) this.#seen.set(id.tuple.local.port, at);
    for (const [port, seenAt] of this.#seen) if (at - seenAt > holdsUs) this.#seen.delete(port);
  }

  /** `ours`: those of this process among them. */
  now(): { readonly listening: ReadonlySet<number>; readonly ours: ReadonlySet<number> } {
    const { facts, closed } = this.#ports;
    const listening = new Set(this.#seen.keys());
    const ours = new Set(this.#ports.ours());
    for (const { local } of facts.listeners) ours.add(local.port);
    // Ports of listeners that are gone may have become a client's.
    for (const port of closed.listenerPorts) if (listening.has(port)) ours.add(port);
    return { listening, ours };
  }
}
