const mostListed = 64;

/** Ports: a list of a few, or a bit for each, so that it never has to be made anew as it grows. */
export class PortSet {
  #listed: number[] = [];
  #bits: Uint8Array | undefined;

  /** False where it is there already. */
  add(port: number): boolean {
    if (this.#bits === undefined) {
      if (this.#listed.includes(port)) return false;
      if (this.#listed.length < mostListed) {
        this.#listed.push(port);
        return true;
      }
      this.#bits = new Uint8Array(65_536 / 8);
      for (const listed of this.#listed) this.#mark(this.#bits, listed);
      this.#listed = [];
    }
    return this.#mark(this.#bits, port);
  }

  #mark(bits: Uint8Array, port: number): boolean {
    const before = bits[port >> 3] ?? 0;
    bits[port >> 3] = before | (1 << (port & 7));
    return bits[port >> 3] !== before;
  }
}
