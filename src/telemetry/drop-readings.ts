import type { ListenerFact } from '../connection/host-fact.ts';
import type { HostLook } from '../connection/host-facts.ts';
import { CounterGrowth, grown32 } from '../detectors/counter-growth.ts';
import { isFull } from '../detectors/queue-history.ts';
import type { Reading } from './measurements.ts';
import { PortNames } from './port-names.ts';
import { attribute } from './semconv.ts';

/** For so many looks in a row one is waited for that has said something before; then it is closed, or it will say no more. */
const looksToWait = 3;
const looksToForget = 12;

/** A listener of ours, and what it last said. */
interface Known {
  /** Its own counter. */
  drops: number | undefined;
  /** Of those, what the namespace's counters did not have yet. */
  ahead: number;
  alone: boolean;
  /** Looks since it was shown. */
  missed: number;
  /** Looks since it last said something of its drops, where it ever has. */
  silent: number | undefined;
}

/**
 * What full queues have dropped since the first look, by the kernel's counters of the network namespace.
 *
 *     ListenOverflows ──┬─▶ a listener of ours, where the kernel counts at the listener, or nothing else listens
 *                       └─▶ the rest, without a port: together never more than the kernel has counted
 *     TCPReqQFullDrop ────▶ without a port: the kernel does not say which SYN queue it was
 *
 * A listener's own counter counts drops of whatever reason, and is read a moment before or after the namespace's; and a
 * look may not show it at all. What nobody has claimed waits for the next look, and for listeners that have not said
 * anything at this one, before it is the rest's: so no counter ever goes back. What a listener had first waits, too.
 */
export class DropReadings {
  readonly #growth = new CounterGrowth();
  readonly #ports = new PortNames();
  readonly #listeners = new Map<string, Known>();
  readonly #byPort = new Map<number, number>();
  #unclaimed = 0;
  #otherDropsBefore = 0;
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
    const left = this.#unclaimed - late;
    const waits = this.#isWaitedFor();
    if (this.#rest !== undefined && !waits) this.#rest += left;
    this.#unclaimed = overflows - (claimed - late) + (waits ? left : 0);
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
    const shown = new Map(listeners.map((one) => [one.socket, one]));
    const others = this.#otherDrops();
    let claimed = 0;
    for (const known of this.#listeners.values()) {
      known.missed++;
      if (known.silent !== undefined) known.silent++;
    }
    for (const [socket, listener] of shown) {
      const known = this.#listeners.get(socket) ?? { ...unseen };
      this.#listeners.set(socket, known);
      const here = this.#dropped(known, listener, there - claimed, others);
      known.alone = listener.alone;
      known.missed = 0;
      const { port } = listener.local;
      if (!isSaid(listener) || !this.#ports.name(port)) continue;
      known.silent = 0;
      claimed += here;
      this.#byPort.set(port, (this.#byPort.get(port) ?? 0) + here);
    }
    for (const [socket, { missed }] of this.#listeners) if (missed >= looksToForget) this.#listeners.delete(socket);
    return claimed;
  }

  /** Of so many that there are, and with so many that were dropped for another reason, wherever. */
  #dropped(known: Known, listener: ListenerFact, there: number, others: number): number {
    const { drops, alone } = listener;
    if (drops === undefined) {
      // Nothing else listened at the looks before, nor does now.
      return alone && known.alone ? there : Math.min(there, this.#growth.of('ListenOverflows') ?? 0);
    }
    const dropped = known.drops === undefined ? 0 : grown32(known.drops, drops);
    known.drops = drops;
    const least = Math.max(0, dropped - others);
    const all = known.ahead + (isFull(listener) ? dropped : least);
    const here = Math.min(all, there);
    known.ahead = Math.min(all - here, least);
    return here;
  }

  /** Whether the reason was another one is known for the namespace alone, and a moment later than for a listener. */
  #otherDrops(): number {
    const drops = this.#growth.of('ListenDrops') ?? 0;
    const before = this.#otherDropsBefore;
    this.#otherDropsBefore = Math.max(0, drops - (this.#growth.of('ListenOverflows') ?? 0));
    return before + this.#otherDropsBefore;
  }

  #isWaitedFor(): boolean {
    for (const { silent = 0 } of this.#listeners.values()) if (silent > 0 && silent < looksToWait) return true;
    return false;
  }
}

const unseen: Known = { drops: undefined, ahead: 0, alone: false, missed: 0, silent: undefined };

/** The kernel counts at the listener, or nothing else listens. */
function isSaid({ drops, alone }: ListenerFact): boolean {
  return drops !== undefined || alone;
}
