import type { BadLine } from '../recording/line.ts';

/** A line that cannot be read, and which one it is; the first is 1. */
export interface BadLineAt {
  readonly bad: BadLine;
  readonly line: number;
}

/**
 * Counts the lines of a part that cannot be read, and quotes the first. A bad line that nothing follows is where the
 * writer was killed, and none of them.
 */
export class BadLines {
  #count = 0;
  #last: BadLineAt | undefined;

  /** The first of them, as soon as it is known to be one. */
  bad(line: BadLineAt): BadLineAt | undefined {
    // What should be a header is one, whatever follows: no writer was killed there.
    if (line.line === 1) {
      this.#count++;
      return line;
    }
    const first = this.good();
    this.#last = line;
    return first;
  }

  /** A line came that can be read. */
  good(): BadLineAt | undefined {
    const last = this.#last;
    this.#last = undefined;
    if (last === undefined) return undefined;
    return ++this.#count === 1 ? last : undefined;
  }

  /** There are no more lines. */
  end(): { readonly bad: number; readonly cutOff: boolean } {
    return { bad: this.#count, cutOff: this.#last !== undefined };
  }
}
