import type { ListenerFact } from '../connection/host-fact.ts';
import type { HostLook } from '../connection/host-facts.ts';
import type { Instant } from '../tcp/identity.ts';
import { Freshness } from './freshness.ts';
import type { Reading } from './measurements.ts';
import { other } from './metric-names.ts';
import { PortNames } from './port-names.ts';
import { attribute } from './semconv.ts';

/** A listener that so many looks in a row have not shown is closed; one look may come too early for it. */
const looksToForget = 3;

interface Queue {
  readonly port: number;
  readonly usage: number;
  readonly limit: number;
}

/** The accept queues of this thread's listeners, as the last look has shown them. */
export class QueueReadings {
  readonly #freshness = new Freshness();
  readonly #ports = new PortNames();
  readonly #queues = new Map<string, { readonly queue: Queue; missed: number }>();

  look({ listeners }: Pick<HostLook, 'listeners'>, at: Instant): void {
    this.#freshness.seen(at);
    for (const known of this.#queues.values()) known.missed++;
    for (const listener of listeners) this.#queues.set(listener.socket, { queue: queueOf(listener), missed: 0 });
    for (const [socket, { missed }] of this.#queues) if (missed >= looksToForget) this.#queues.delete(socket);
  }

  /** Of several listeners at one port, the fullest. Nothing where it is not known any more. */
  readings(now: Instant): readonly Reading[] {
    if (!this.#freshness.isFresh(now)) return [];
    const fullest = new Map<number | string, Queue>();
    for (const { queue } of this.#queues.values()) {
      const port = this.#ports.name(queue.port) ? queue.port : other;
      const before = fullest.get(port);
      if (before === undefined || isFuller(queue, before)) fullest.set(port, queue);
    }
    return [...fullest].flatMap(([port, { usage, limit }]): Reading[] => {
      const attributes = { [attribute.serverPort]: port };
      return [
        { name: 'synfin.tcp.accept_queue.usage', value: usage, attributes },
        { name: 'synfin.tcp.accept_queue.limit', value: limit, attributes },
      ];
    });
  }
}

function queueOf({ local, queue, backlog }: ListenerFact): Queue {
  return { port: local.port, usage: queue, limit: backlog };
}

/** By share: a queue is full with one more than its limit, which may be 0. */
function isFuller(one: Queue, than: Queue): boolean {
  const [share, before] = [one.usage / (one.limit + 1), than.usage / (than.limit + 1)];
  return share > before || (share === before && one.limit < than.limit);
}
