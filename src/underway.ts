import { clearTimeout, setTimeout } from 'node:timers';

/** What was begun and goes on by itself, to be waited for when everything is to come to rest. */
export class Underway {
  readonly #tasks = new Set<Promise<unknown>>();

  /** Has it in view until it is over, well or not. */
  note(task: Promise<unknown>): void {
    const over = () => void this.#tasks.delete(settled);
    const settled = task.then(over, over);
    this.#tasks.add(settled);
  }

  /**
   * Resolves when nothing goes on any more, or after so long. What goes on keeps no process alive, and so whoever awaits
   * this would never hear: until then it does.
   */
  async atRest(limitMs: number): Promise<void> {
    if (this.#tasks.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, limitMs, 'late');
    });
    // What ends may have begun something else.
    while (this.#tasks.size > 0) if ((await Promise.race([late, Promise.all(this.#tasks)])) === 'late') break;
    clearTimeout(timer);
  }
}
