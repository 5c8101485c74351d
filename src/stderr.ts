import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { ExplainedFinding } from './explain/explain.ts';
import type { FindingsMode } from './options.ts';

const stderr = 2;

/** A pipe that is full is tried so often, and then what was to be said is dropped: the application is not made to wait. */
const attempts = 3;

/** What synfin says to people: on stderr, by way of the descriptor, so that `process.stderr` stays untouched. */
export class Stderr {
  readonly #mode: FindingsMode;
  #descriptor: number | undefined;
  #dropped = 0;
  /** The last text was cut off: the next one begins on a line of its own. */
  #torn = false;

  constructor(mode: FindingsMode) {
    this.#mode = mode;
  }

  /** A line on synfin itself, not on a connection. */
  notice(message: string): void {
    this.#write(this.#mode === 'json' ? `${JSON.stringify({ notice: message })}\n` : `synfin: ${message}\n`);
  }

  /** What synfin did: in words, or as JSON. */
  readonly deed = ({ words, facts }: { readonly words: string; readonly facts: object }): void => {
    if (this.#mode === 'json') this.#write(`${JSON.stringify(facts)}\n`);
    else this.notice(words);
  };

  finding(finding: ExplainedFinding, inWords: (colour: boolean) => string): void {
    if (this.#mode === 'json') this.#write(`${JSON.stringify(finding)}\n`);
    if (this.#mode === 'text') this.#write(inWords(coloured()));
  }

  /** Texts that could not be written. */
  get dropped(): number {
    return this.#dropped;
  }

  #write(text: string): void {
    let rest = Buffer.from(this.#torn ? `\n${text}` : text);
    const { length } = rest;
    this.#descriptor ??= neverWaiting();
    for (let attempt = 0; attempt < attempts && rest.length > 0; attempt++) {
      try {
        rest = rest.subarray(writeSync(this.#descriptor, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') break;
      }
    }
    if (rest.length === 0) this.#torn = false;
    else {
      this.#dropped++;
      this.#torn ||= rest.length < length;
    }
  }
}

/**
 * A descriptor for stderr that never makes the writer wait. A pipe whose reader has stopped would hold up the whole
 * process; opened anew, it can be written to without waiting, and the application's own descriptor stays as it is. Files
 * and terminals do not fill up; a socket cannot be opened anew.
 */
function neverWaiting(): number {
  try {
    if (!fstatSync(stderr).isFIFO()) return stderr;
    return openSync('/proc/self/fd/2', constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return stderr;
  }
}

/** https://no-color.org, and Node's own FORCE_COLOR. */
function coloured(): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') return true;
  return process.getBuiltinModule('node:tty').isatty(stderr);
}
