import type { Sysctls } from './host-fact.ts';

/** Settings are read again once a minute, and many ask what they come to. */
const known = new WeakMap<Sysctls, EphemeralRange>();

/**
 * The local ports that the kernel gives away by itself (inet_get_local_port_range, inet_is_local_reserved_port in
 * net/ipv4/inet_hashtables.c): those of ip_local_port_range without those of ip_local_reserved_ports, which may overlap.
 */
export class EphemeralRange {
  /** How many there are towards each destination. */
  readonly count: number;
  readonly #first: number;
  readonly #last: number;
  readonly #reserved: NonNullable<Sysctls['reservedPorts']>;
  /** Made when somebody asks for a port: most hosts are far from any limit, and nobody does. */
  #isFree: Uint8Array | undefined;

  private constructor(first: number, last: number, reserved: NonNullable<Sysctls['reservedPorts']>) {
    this.#first = first;
    this.#last = last;
    this.#reserved = reserved.toSorted((one, other) => one.first - other.first);
    this.count = this.#count();
  }

  /** Undefined where the kernel does not say. One for the same settings. */
  static of(sysctls: Sysctls): EphemeralRange | undefined {
    const { firstPort, lastPort, reservedPorts = [] } = sysctls;
    if (firstPort === undefined || lastPort === undefined) return undefined;
    const range = known.get(sysctls) ?? new EphemeralRange(firstPort, lastPort, reservedPorts);
    known.set(sysctls, range);
    return range;
  }

  has(port: number): boolean {
    this.#isFree ??= this.#free();
    return this.#isFree[port] === 1;
  }

  #count(): number {
    let count = Math.max(0, this.#last - this.#first + 1);
    let next = this.#first;
    for (const { first, last } of this.#reserved) {
      const from = Math.max(next, first);
      const to = Math.min(this.#last, last);
      if (from > to) continue;
      count -= to - from + 1;
      next = to + 1;
    }
    return count;
  }

  #free(): Uint8Array {
    const isFree = new Uint8Array(65_536).fill(1, this.#first, this.#last + 1);
    for (const { first, last } of this.#reserved) isFree.fill(0, first, last + 1);
    return isFree;
  }
}
