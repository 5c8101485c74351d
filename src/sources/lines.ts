/** Takes a line: from `start` to `end` in `bytes`, without its newline. Valid until the call returns. */
export type VisitLine = (bytes: Uint8Array, start: number, end: number) => void;

/** No line of a table of sockets is nearly as long. What is longer is told of as far as it fits. */
const longestLine = 1024;

const newline = 0x0a;

/** Lines out of bytes that come in pieces, cut anywhere. Makes no text of them. */
export class Lines {
  readonly #tail: Uint8Array;
  #length = 0;

  constructor(longest = longestLine) {
    this.#tail = new Uint8Array(longest);
  }

  push(chunk: Uint8Array, visit: VisitLine): void {
    for (let at = 0; at < chunk.length; ) {
      const found = chunk.indexOf(newline, at);
      const end = found < 0 ? chunk.length : found;
      if (found < 0) this.#keep(chunk, at, end);
      else if (this.#length > 0) {
        this.#keep(chunk, at, end);
        this.end(visit);
      } else visit(chunk, at, end);
      at = end + 1;
    }
  }

  /** Nothing more comes: a last line may lack its newline. */
  end(visit: VisitLine): void {
    const length = this.#length;
    this.#length = 0;
    if (length > 0) visit(this.#tail, 0, length);
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    const room = Math.min(end - start, this.#tail.length - this.#length);
    this.#tail.set(chunk.subarray(start, start + room), this.#length);
    this.#length += room;
  }
}

/** Bytes that were not understood, as a text that any terminal can show: bounded, control characters escaped. */
export function quoted(bytes: Uint8Array, start: number, end: number): string {
  const most = 200;
  const text = Buffer.from(bytes.subarray(start, Math.min(end, start + most))).toString('latin1');
  const safe = text.replaceAll(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${safe.trimEnd()}${end - start > most ? '…' : ''}"`;
}
