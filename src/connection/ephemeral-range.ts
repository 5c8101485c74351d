import type { Sysctls } from './host-fact.ts';

/** The local ports that the kernel gives away by itself: ip_local_port_range without ip_local_reserved_ports. */
export class EphemeralRange {
  readonly #isFree = new Uint8Array(65_536);
  /** How many there are towards each destination. */
  readonly count: number;

  private constructor(first: number, last: number, reserved: NonNullable<Sysctls['reservedPorts']>) {
    this.#isFree.fill(1, first, last + 1);
    for (const taken of reserved) this.#isFree.fill(0, taken.first, taken.last + 1);
    let count = 0;
    for (let port = first; port <= last; port++) count += this.#isFree[port] ?? 0;
    this.count = count;
  }

  /** Undefined where the kernel does not say. */
  static of({ firstPort, lastPort, reservedPorts = [] }: Sysctls): EphemeralRange | undefined {
    if (firstPort === undefined || lastPort === undefined) return undefined;
    return new EphemeralRange(firstPort, lastPort, reservedPorts);
  }

  has(port: number): boolean {
    return this.#isFree[port] === 1;
  }
}
