import type { ListenerFact } from '../connection/host-fact.ts';
import type { HostLook } from '../connection/host-facts.ts';
import { CounterGrowth } from '../detectors/counter-growth.ts';
import { TurnedAway } from '../detectors/turned-away.ts';
import type { Reading } from './measurements.ts';
import { PortNames } from './port-names.ts';
import { attribute } from './semconv.ts';

/** A listener that so many looks in a row have not shown is closed. */
const looksToForget = 12;

/**
 * What full queues have dropped since the first look, by the kernel's counters of the network namespace.
 *
 *     ListenOverflows ──┬─▶ a listener of ours, where the kernel counts at the listener, or nothing else listens
 *                       └─▶ the rest, without a port: together never more than the kernel has counted
 *     TCPReqQFullDrop ────▶ without a port: the kernel does not say which SYN queue it was
 *
 * A listener's own counter is read a moment after the namespace's, and may tell at the next look of what that one had
 * at this one: what nobody has claimed waits for one look before it is the rest's. So no counter ever goes back.
 */
export class DropReadings {
  readonly #growth = new CounterGrowth();
  readonly #ports = new PortNames();
  readonly #listeners = new Map<string, { readonly turnedAway: TurnedAway; missed: number }>();
  readonly #byPort = new Map<number, number>();
  #unclaimed = 0;
  #rest: number | undefined;
  #synDrops: number | undefined;

  look({ counters, listeners }: Pick<HostLook, 'counters' | 'listeners'>): void {
    this.#growth.look(counters);
    const overflows = this.#growth.of('ListenOverflows') ?? 0;
    const synDrops = this.#growth.of('TCPReqQFullDrop') ?? 0;
    if (counters?.ListenOverflows !== undefined) this.#rest ??= 0;
    if (counters?.TCPReqQFullDrop !== undefined) this.#synDrops = (this.#synDrops ?? 0) + synDrops;
    const claimed = this.#claim(listeners, this.#unclaimed + overflows);
    const late = Math.min(claimed, this.#unclaimed);
    if (this.#rest !== undefined) this.#rest += this.#unclaimed - late;
    this.#unclaimed = overflows - (claimed - late);
  }

  readings(): readonly Reading[] {
    const readings: Reading[] = [...this.#byPort].map(([port, value]) => {
      return { name: 'synfin.tcp.accept_queue.overflows', value, attributes: { [attribute.serverPort]: port } };
    });
    if (this.#rest !== undefined)
      readings.push({ name: 'synfin.tcp.accept_queue.overflows', value: this.#rest, attributes: {} });
    if (this.#synDrops !== undefined)
      readings.push({ name: 'synfin.tcp.syn_queue.drops', value: this.#synDrops, attributes: {} });
    return readings;
  }

  /** How many of those that there are were a listener's of ours. */
  #claim(listeners: readonly ListenerFact[], there: number): number {
    let claimed = 0;
    for (const known of this.#listeners.values()) known.missed++;
    for (const listener of new Map(listeners.map((one) => [one.socket, one])).values()) {
      const known = this.#listeners.get(listener.socket) ?? { turnedAway: new TurnedAway(), missed: 0 };
      this.#listeners.set(listener.socket, known);
      known.missed = 0;
      const turnedAway = known.turnedAway.look(listener, this.#growth);
      const isSaid = listener.drops !== undefined || listener.alone;
      if (!isSaid || !this.#ports.name(listener.local.port)) continue;
      const before = this.#byPort.get(listener.local.port) ?? 0;
      const here = Math.min(turnedAway?.count ?? 0, there - claimed);
      claimed += here;
      this.#byPort.set(listener.local.port, before + here);
    }
    for (const [socket, { missed }] of this.#listeners) if (missed >= looksToForget) this.#listeners.delete(socket);
    return claimed;
  }
}
