/** Errors of synfin's own: counted, told once for each place where they happen, never thrown at the application. */
export class Faults {
  readonly #counts = new Map<string, number>();
  readonly #told = new Set<string>();
  readonly #tell: (message: string) => void;

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  readonly note = (where: string, error: unknown): void => {
    const count = this.#counts.get(where) ?? 0;
    this.#counts.set(where, count + 1);
    if (this.#told.has(where)) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#tell(`an error of synfin's own in ${where} was contained, the application is not affected: ${text}`);
    // A stack that has overflowed could not even be told of.
    this.#told.add(where);
  };

  /** Does it, and contains what goes wrong. */
  guard(where: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.note(where, error);
    }
  }

  get total(): number {
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    return total;
  }
}
