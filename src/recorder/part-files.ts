import { type Claim, claimFile, removeUnderWay } from './claim.ts';
import type { Appended, OpenFile } from './open-file.ts';
import type { Part } from './queue.ts';

/** Whether the file still has its name is asked no more often. */
const nameCheckUs = 1e6;

const nothing = new Uint8Array();

export interface PartFilesPorts extends Omit<Claim, 'header'> {
  readonly now: () => number;
  /** The part that begins when somebody has moved, removed or emptied the file. */
  readonly gone: () => Part;
}

/** The files that the parts of one run go to, one after the other. */
export class PartFiles {
  readonly #ports: PartFilesPorts;
  #file: OpenFile | undefined;
  #part = 0;
  #askedAt = 0;
  #underWay: Uint8Array | undefined;
  /** Of the part whose file is being made. */
  #beginning: string | undefined;

  constructor(ports: PartFilesPorts) {
    this.#ports = ports;
  }

  /** Of the part that is written now, or the first that is tried. */
  get path(): string {
    return this.#file?.path ?? this.#ports.names[0] ?? '';
  }

  /** Which part is written now; 0: none yet. */
  get part(): number {
    return this.#part;
  }

  /** Rejects as `claimFile` does; then the part before it goes on. */
  async open({ part, header }: Part): Promise<void> {
    const old = this.#file;
    const { names, me, keep, now } = this.#ports;
    // The parts of one run have one name, as long as nobody takes it.
    const own = old ? names.slice(names.indexOf(old.path)) : names;
    this.#beginning = `${header}\n`;
    try {
      this.#file = await claimFile({ names: own, me, keep, header });
    } finally {
      this.#beginning = undefined;
    }
    this.#part = part;
    this.#askedAt = now();
    await old?.close();
  }

  /** Never rejects. */
  async append(lines: Uint8Array): Promise<Appended> {
    this.#underWay = lines;
    try {
      if (!(await this.#isThere())) await this.open(this.#ports.gone());
      return (await this.#file?.append(lines)) ?? { kept: 0, error: new Error('there is no file') };
    } catch (error) {
      return { kept: 0, error };
    } finally {
      this.#underWay = undefined;
    }
  }

  /** What is under way once more, and these after it. Throws what the system says. */
  appendNow(lines: Uint8Array): void {
    removeUnderWay();
    const beginning = Buffer.from(this.#beginning ?? '');
    this.#file?.appendNow(Buffer.concat([beginning, this.#underWay ?? nothing, lines]));
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #isThere(): Promise<boolean> {
    const at = this.#ports.now();
    const named = at - this.#askedAt >= nameCheckUs;
    if (named) this.#askedAt = at;
    return (await this.#file?.isOurs(named)) ?? false;
  }
}
