/** Here a file ends, and the next one begins with this line. */
export interface Part {
  readonly part: number;
  readonly header: string;
}

/** Lines to be written together. The first of them may tell how many are missing before it. */
export interface Lines {
  readonly text: string;
  readonly count: number;
  readonly lost: number;
}

/** Here so many lines are missing, says this one. */
interface Lost {
  readonly lost: number;
  readonly line: string;
}

type Item = string | Lost | Part;

/** In a text without the last newline. */
export function linesIn(text: string): number {
  let count = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/** Lines that wait to be written, bounded. */
export class Queue {
  readonly #most: number;
  #items: Item[] = [];
  #bytes = 0;
  #dropped = 0;
  #untold = 0;

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Lines for which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Of these, those that no line of the recording tells of. */
  get untold(): number {
    return this.#untold;
  }

  /** False where there is no room. */
  add(line: string, bytes: number): boolean {
    if (this.#bytes + bytes > this.#most) {
      this.drop(linesIn(line));
      return false;
    }
    this.#items.push(line);
    this.#bytes += bytes;
    return true;
  }

  /** Whatever the room, as there are few: this line tells of what is missing here. */
  addLost(line: string): void {
    this.#items.push({ lost: this.#untold, line });
    this.#untold = 0;
  }

  /** Whatever the room: there is one for each file. */
  addPart(part: Part): void {
    this.#items.push(part);
  }

  drop(count: number): void {
    this.#dropped += count;
    this.#untold += count;
  }

  /** These could not be written but for the first `written` of them. */
  giveUp({ count, lost }: Lines, written: number): void {
    const own = lost > 0 ? 1 : 0;
    this.drop(count - Math.max(own, written));
    if (written < own) this.#untold += lost;
  }

  /** Nothing of what waits will be written. */
  dropAll(): void {
    for (const item of this.#items)
      if (typeof item === 'string') this.drop(linesIn(item));
      else if ('lost' in item) this.#untold += item.lost;
    this.#items = [];
    this.#bytes = 0;
  }

  /** The part that begins now, or lines until something else comes: so many bytes of them, and one line at least. */
  take(mostBytes: number): Part | Lines {
    const [first] = this.#items;
    if (typeof first === 'object') {
      this.#items.shift();
      return 'part' in first ? first : { text: `${first.line}\n`, count: 1, lost: first.lost };
    }
    let text = '';
    let count = 0;
    let bytes = 0;
    let taken = 0;
    for (const item of this.#items) {
      if (typeof item !== 'string' || bytes >= mostBytes) break;
      text += `${item}\n`;
      count += linesIn(item);
      bytes += Buffer.byteLength(item) + 1;
      taken++;
    }
    this.#items.splice(0, taken);
    this.#bytes -= bytes;
    return { text, count, lost: 0 };
  }

  /** All lines that wait, as text. Where a part was to begin stands its header: what is told again comes after it. */
  takeText(): string {
    const lines = this.#items.map((item) =>
      typeof item === 'string' ? item : 'line' in item ? item.line : item.header,
    );
    this.#items = [];
    this.#bytes = 0;
    return lines.map((line) => `${line}\n`).join('');
  }
}
