import { findSourceMap } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallSite } from '../../connection/call-site.ts';
import { ownDirectory } from '../../own-directory.ts';
import { nextTurn } from '../next-turn.ts';

/** Deep enough for fetch, whose caller stands 24 to 33 frames above the socket. */
const depth = 50;

const mostFrames = 8;

/** Decides whether one more call site may be captured now. */
export type Sampler = () => boolean;

/** `off` | `all` | at most ten a second, a hundred at once. `now` is in microseconds. */
export function samplerFor(mode: 'off' | 'sample' | 'all', now: () => number): Sampler {
  if (mode !== 'sample') return () => mode === 'all';
  const burst = 100;
  const perMicrosecond = 10 / 1e6;
  let tokens = burst;
  let filledAt = now();
  return () => {
    const at = now();
    tokens = Math.min(burst, tokens + (at - filledAt) * perMicrosecond);
    filledAt = at;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}

/** Turns of the event loop are given back after so many call sites have been put into words, some 30 µs each. */
const wordedAtOnce = 16;

/** While so many wait to be put into words, no more are captured: that is a second's worth, and memory has an end. */
const mostRaw = 4096;

/**
 * Captures call sites, and puts them into words soon after: a raw stack keeps alive whatever its functions close over
 * and were called on.
 */
export class CallSites {
  readonly #sample: Sampler;
  readonly #soon: (act: () => void) => void;
  readonly #raw = new Set<RawCallSite>();
  #due = false;

  /** `soon` runs something about a second later, outside the application's asynchronous context. */
  constructor(sample: Sampler, soon: (act: () => void) => void) {
    this.#sample = sample;
    this.#soon = soon;
  }

  /**
   * Remembers the stack above `below`, when the sampler agrees (that function's own frame and all under it are left
   * out). Undefined also where the host froze `Error`.
   */
  capture(below: (...args: never[]) => unknown): CallSite | undefined {
    if (this.#raw.size >= mostRaw || !this.#sample()) return undefined;
    const holder = stackAbove(below);
    if (holder === undefined) return undefined;
    const site = new RawCallSite(holder, this.#raw);
    this.#raw.add(site);
    if (!this.#due) {
      this.#due = true;
      this.#soon(() => void this.putIntoWords());
    }
    return site;
  }

  /** Never rejects. */
  async putIntoWords(): Promise<void> {
    this.#due = false;
    let count = 0;
    for (const site of this.#raw) {
      site.frames();
      if (++count % wordedAtOnce === 0) await nextTurn();
    }
  }
}

/** The engine's, not what the application may have put in its place by then. */
const { captureStackTrace } = Error;

/** The engine keeps the raw frames; a string is made of them only when it is asked for. */
function stackAbove(below: (...args: never[]) => unknown): { stack?: unknown } | undefined {
  const own = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
  if (own === undefined ? !Object.isExtensible(Error) : own.writable !== true) return undefined;
  const holder: { stack?: unknown } = {};
  Error.stackTraceLimit = depth;
  try {
    captureStackTrace(holder, below);
  } finally {
    if (own === undefined) Reflect.deleteProperty(Error, 'stackTraceLimit');
    else Error.stackTraceLimit = own.value;
  }
  return holder;
}

class RawCallSite implements CallSite {
  readonly #all: Set<RawCallSite>;
  #holder: { stack?: unknown } | undefined;
  #frames: readonly string[] = [];

  constructor(holder: { stack?: unknown }, all: Set<RawCallSite>) {
    this.#holder = holder;
    this.#all = all;
  }

  frames(): readonly string[] {
    const holder = this.#holder;
    if (holder) {
      this.#holder = undefined;
      this.#all.delete(this);
      this.#frames = framesOf(holder);
    }
    return this.#frames;
  }
}

/** None where the host's own machinery for stacks breaks on this one: a call site is a help, not a duty. */
function framesOf(holder: { stack?: unknown }): readonly string[] {
  try {
    return ownFrames(structuredStack(holder));
  } catch {
    return [];
  }
}

/** The engine formats a stack when it is first read, through `Error.prepareStackTrace`; the host's is put back. */
function structuredStack(holder: { stack?: unknown }): readonly NodeJS.CallSite[] {
  const own = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  if (own ? own.writable !== true : !Object.isExtensible(Error)) return [];
  let frames: readonly NodeJS.CallSite[] = [];
  Error.prepareStackTrace = (_error, callSites) => {
    frames = callSites;
    return '';
  };
  try {
    void holder.stack;
  } finally {
    if (own) Object.defineProperty(Error, 'prepareStackTrace', own);
    else Reflect.deleteProperty(Error, 'prepareStackTrace');
  }
  return frames;
}

/** The application's own code; where there is none of it on the stack, that of the packages it uses. */
function ownFrames(stack: readonly NodeJS.CallSite[]): readonly string[] {
  const outside = stack.filter((frame) => isOutside(frame.getFileName()));
  const own = outside.filter((frame) => !isPackage(frame.getFileName()));
  return (own.length > 0 ? own : outside).slice(0, mostFrames).map(describe);
}

function isOutside(file: string | null | undefined): boolean {
  if (!file || file.startsWith('node:')) return false;
  return !pathOf(file).startsWith(ownDirectory);
}

function isPackage(file: string | null | undefined): boolean {
  return file ? pathOf(file).includes(`${sep}node_modules${sep}`) : false;
}

function describe(frame: NodeJS.CallSite): string {
  const name = frame.getFunctionName() ?? frame.getMethodName() ?? '<anonymous>';
  const place = sourcePlace(frame.getFileName() ?? '', frame.getLineNumber() ?? 0, frame.getColumnNumber() ?? 0);
  return `${name} (${place})`;
}

/** Where the line was written, when the host runs with source maps enabled. */
function sourcePlace(file: string, line: number, column: number): string {
  const entry = findSourceMap(file)?.findEntry(line - 1, column - 1);
  if (entry && 'originalSource' in entry && entry.originalSource !== undefined)
    return `${pathOf(entry.originalSource)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  return `${pathOf(file)}:${line}:${column}`;
}

/** A script may call itself anything: what is no file URL of this host stays as it is. */
function pathOf(file: string): string {
  if (!file.startsWith('file:')) return file;
  try {
    return fileURLToPath(file);
  } catch {
    return file;
  }
}
