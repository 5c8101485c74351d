/** So many ports of ours are told apart: each is a series for ever. */
const mostPorts = 64;

/** Ports that a process listens on, as they are named in measurements: the first so many, once and for all. */
export class PortNames {
  readonly #named = new Set<number>();

  /** Whether it is told apart from now on. */
  name(port: number): boolean {
    if (this.#named.size < mostPorts) this.#named.add(port);
    return this.#named.has(port);
  }
}
