/** Looks at one part of what is around the connections, and reports it as facts. Bounded in time. */
export interface HostPart {
  look(): Promise<void>;
  /** There will be no more looks: whatever it has the runtime do for it ends. */
  end?(): void;
}

export interface HostWatchOptions {
  /** In this order: a part may go by what those before it found. */
  readonly parts: readonly HostPart[];
  /** Takes in all that was reported. */
  readonly settle: () => Promise<void>;
  readonly fault: (where: string, error: unknown) => void;
}

/** Looks, after each look at the connections, at what they have in common: ports, queues, counters. */
export class HostWatch {
  readonly #options: HostWatchOptions;

  constructor(options: HostWatchOptions) {
    this.#options = options;
  }

  /** Never rejects: a part that fails must not hide the others. */
  async look(): Promise<void> {
    const { parts, settle, fault } = this.#options;
    for (const part of parts) {
      try {
        await part.look();
      } catch (error) {
        fault(part.constructor.name, error);
      }
      await settle();
    }
  }

  end(): void {
    for (const part of this.#options.parts) part.end?.();
  }
}
