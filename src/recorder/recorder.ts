import { AsyncResource } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { threadId } from 'node:worker_threads';
import { encodeHeader, encodeObservation } from '../recording/line.ts';
import type { Pseudonyms } from '../recording/pseudonyms.ts';
import type { Instant } from '../tcp/identity.ts';
import { namesFor } from './file-names.ts';
import { PartFiles } from './part-files.ts';
import { type About, partHeader } from './part-header.ts';
import { type Lines, linesIn, type Part, Queue } from './queue.ts';
import { codeOf, troubleWith } from './trouble.ts';
import { type Asking, thisWriter } from './writer.ts';

export interface RecorderPorts {
  readonly path: string;
  readonly about: About;
  readonly pseudonyms?: Pseudonyms | undefined;
  readonly now: () => Instant;
  /** A line for people: told once for each sort of trouble. */
  readonly tell: (message: string) => void;
  /**
   * Whoever reads from here on knows nothing yet: a part began that is not the first, or lines were lost. What is
   * written before this returns follows at once.
   */
  readonly began?: ((part: number) => void) | undefined;
  readonly limits?: Partial<RecorderLimits> | undefined;
}

export interface RecorderLimits {
  /** A file that has as many bytes is put aside, and the next part begins. */
  readonly partBytes: number;
  /** Old parts that are kept. */
  readonly keep: number;
  /** What may wait to be written; what is over is dropped. */
  readonly queueBytes: number;
  /** Lines are gathered for so long. */
  readonly gatherMs: number;
  /** After a failure nothing is tried for so long. */
  readonly retryMs: number;
}

export const usual: RecorderLimits = {
  partBytes: 64 * 2 ** 20,
  keep: 2,
  queueBytes: 4 * 2 ** 20,
  gatherMs: 200,
  retryMs: 30_000,
};

/** What is written at once, and what waits for no timer. */
const pieceBytes = 64 * 1024;

/** The runs of this thread that go on now. */
const runs = new Set<string>();

/**
 * Writes lines to a file that is this thread's alone, `path` or one beside it, and never makes anybody wait: one write at
 * a time, in libuv's pool. Nothing throws. Nothing is opened before the first line.
 */
export class Recorder {
  readonly #ports: RecorderPorts;
  readonly #limits: RecorderLimits;
  readonly #me: Asking;
  readonly #queue: Queue;
  readonly #files: PartFiles;
  readonly #told = new Set<string>();
  /** Lines come in the middle of the application's requests, which what happens to them later is no part of. */
  readonly #root = new AsyncResource('SYNFIN_RECORDER');
  readonly #atExit = () => this.#writeNow();
  /** Of the last line that was queued. */
  #part = 0;
  #partBytes = 0;
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryAt: number | undefined;
  #retelling = false;
  #ended = false;
  #written = 0;

  constructor(ports: RecorderPorts) {
    this.#ports = ports;
    this.#limits = { ...usual, ...ports.limits };
    const run = randomBytes(8).toString('hex');
    this.#me = { run, pid: process.pid, thread: threadId, writer: thisWriter(), runs };
    this.#queue = new Queue(this.#limits.queueBytes);
    const names = namesFor(resolve(ports.path), process.pid, threadId, run);
    const gone = () => {
      const part = this.#nextPart();
      this.#retell();
      return part;
    };
    this.#files = new PartFiles({ names, me: this.#me, keep: this.#limits.keep, now: ports.now, gone });
    runs.add(run);
    process.on('exit', this.#atExit);
  }

  /** Lines that are in a file. */
  get written(): number {
    return this.#written;
  }

  /** Lines for which there was no room, in the queue or on the disk. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** A line without its end, or several with newlines between, which come into one part. */
  write(line: string): void {
    const inGap = this.#queue.untold > 0 && this.#queue.bytes > this.#limits.queueBytes / 2;
    if (this.#ended || this.#isPaused() || inGap) {
      this.#queue.drop(linesIn(line));
      return;
    }
    if (!this.#retelling) this.#goOn();
    const bytes = Buffer.byteLength(line) + 1;
    if (!this.#queue.add(line, bytes)) return;
    this.#partBytes += bytes;
    // Before whoever writes makes the next line: what the new part is told first, that need not tell.
    if (this.#partBytes >= this.#limits.partBytes && !this.#retelling) this.#goOn();
    if (this.#flushing === undefined) this.#schedule();
  }

  /** What waits is written, and the file closed. Nothing is taken from now on. Never rejects. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#flushing;
    await this.#flush();
    process.off('exit', this.#atExit);
    await this.#files.close();
    runs.delete(this.#me.run);
  }

  #isPaused(): boolean {
    if (this.#retryAt === undefined) return false;
    if (this.#ports.now() < this.#retryAt) return true;
    this.#retryAt = undefined;
    return false;
  }

  /** A part begins where one is due, and what is missing is told of. */
  #goOn(): void {
    const begins = this.#part === 0 || this.#partBytes >= this.#limits.partBytes;
    if (begins) this.#queue.addPart(this.#nextPart());
    const { untold } = this.#queue;
    if (untold > 0) this.#queue.addLost(this.#lost(untold));
    if (untold > 0 || (begins && this.#part > 1)) this.#retell();
  }

  #nextPart(): Part {
    const { about, now, pseudonyms } = this.#ports;
    const part = ++this.#part;
    this.#partBytes = 0;
    const header = partHeader(about, this.#me, part, now(), pseudonyms !== undefined);
    return { part, header: encodeHeader(header, pseudonyms) };
  }

  #retell(): void {
    this.#retelling = true;
    try {
      this.#ports.began?.(this.#part);
    } catch (error) {
      this.#trouble(error);
    } finally {
      this.#retelling = false;
    }
  }

  #schedule(): void {
    this.#root.runInAsyncScope(() => {
      if (this.#files.part === 0 || this.#queue.bytes >= pieceBytes) {
        clearTimeout(this.#timer);
        this.#timer = undefined;
        this.#flushing ??= this.#flush();
      } else this.#timer ??= setTimeout(() => this.#gathered(), this.#limits.gatherMs).unref();
    });
  }

  #gathered(): void {
    this.#timer = undefined;
    if (!this.#queue.isEmpty) this.#flushing ??= this.#flush();
  }

  /** Never rejects. */
  async #flush(): Promise<void> {
    try {
      while (!this.#queue.isEmpty) {
        const taken = this.#queue.take(pieceBytes);
        if ('part' in taken) await this.#files.open(taken);
        else await this.#append(taken);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#flushing = undefined;
    }
  }

  async #append(taken: Lines): Promise<void> {
    const bytes = Buffer.from(taken.text);
    const { kept, error } = await this.#files.append(bytes);
    const written = error === undefined ? taken.count : kept === 0 ? 0 : linesIn(bytes.toString('utf8', 0, kept - 1));
    this.#written += written;
    if (error === undefined) return;
    this.#queue.giveUp(taken, written);
    throw error;
  }

  #lost(count: number): string {
    const what = 'lines of this recording, for which there was no room';
    return encodeObservation({ kind: 'lost', source: 'userland', at: this.#ports.now(), count, what });
  }

  #fail(error: unknown): void {
    this.#queue.dropAll();
    this.#retryAt = this.#ports.now() + this.#limits.retryMs * 1000;
    // The part that was to begin begins when it is tried again.
    const { part } = this.#files;
    if (this.#part > part) this.#partBytes = this.#limits.partBytes;
    this.#part = part;
    this.#trouble(error);
  }

  #trouble(error: unknown): void {
    const code = codeOf(error);
    if (this.#told.has(code)) return;
    this.#told.add(code);
    this.#ports.tell(troubleWith(this.#files.path, error, this.#limits.retryMs));
  }

  /** The process ends: what waits is written at once. */
  #writeNow(): void {
    try {
      this.#files.appendNow(Buffer.from(this.#queue.takeText()));
    } catch {
      // There is nobody left to tell.
    }
  }
}
