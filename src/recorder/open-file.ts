import { close, fstat, fstatSync, ftruncate, lstat, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const [statOpen, statPath, truncate] = [promisify(fstat), promisify(lstat), promisify(ftruncate)];
const [put, shut] = [promisify(write), promisify(close)];

const newline = 10;

/** What came of writing some lines: those up to `kept` stand in the file, whole. */
export interface Appended {
  readonly kept: number;
  readonly error: unknown;
}

/**
 * A file that nobody else writes to. Each piece is written at its own offset: what is written twice, or again after half
 * of it failed, stands there once.
 */
export class OpenFile {
  readonly path: string;
  readonly #descriptor: number;
  readonly #of: { readonly dev: number; readonly ino: number };
  #end = 0;

  /** New and empty; it may be written before it has its name. */
  constructor(path: string, descriptor: number, of: { readonly dev: number; readonly ino: number }) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#of = of;
  }

  /**
   * The descriptor is still that of the file, which still has its name and all that was written to it. Whoever closes
   * descriptors that are not theirs may have had the number given to another file.
   */
  async isOurs(named: boolean): Promise<boolean> {
    try {
      const open = await statOpen(this.#descriptor);
      if (!this.#isIt(open) || open.nlink === 0 || open.size < this.#end) return false;
      return !named || this.#isIt(await statPath(this.path));
    } catch {
      return false;
    }
  }

  /** Whole lines. Of those that do not fit none is left half. Never rejects. */
  async append(lines: Uint8Array): Promise<Appended> {
    let done = 0;
    try {
      while (done < lines.length) {
        const { bytesWritten } = await put(this.#descriptor, lines, done, lines.length - done, this.#end + done);
        if (bytesWritten === 0) throw new Error('write(2) took nothing');
        done += bytesWritten;
      }
      this.#end += done;
      return { kept: done, error: undefined };
    } catch (error) {
      const kept = done === 0 ? 0 : lines.lastIndexOf(newline, done - 1) + 1;
      this.#end += kept;
      // Where it cannot be cut off, the next line is written over it.
      await truncate(this.#descriptor, this.#end).catch(() => undefined);
      return { kept, error };
    }
  }

  /** As `append`, at once, and over what that is writing: the process ends. Throws what the system says. */
  appendNow(lines: Uint8Array): void {
    if (!this.#isIt(fstatSync(this.#descriptor))) return;
    for (let done = 0; done < lines.length; )
      done += writeSync(this.#descriptor, lines, done, lines.length - done, this.#end + done);
  }

  async close(): Promise<void> {
    const isOurs = await statOpen(this.#descriptor).then(
      (open) => this.#isIt(open),
      () => false,
    );
    if (isOurs) await shut(this.#descriptor).catch(() => undefined);
  }

  #isIt({ dev, ino }: { readonly dev: number; readonly ino: number }): boolean {
    return dev === this.#of.dev && ino === this.#of.ino;
  }
}
