import { readFileSync } from 'node:fs';
import { SynfinError } from '../../errors.ts';
import { Lines, quoted } from '../lines.ts';

/** What a small file of /proc says: undefined where this host has none, or does not let this process read it. */
export type Facts<Value> = Value | SynfinError | undefined;

/**
 * Reads a small file, at once: some 20 µs, 100 µs for /proc/net/netstat, less than the way into libuv's pool of threads
 * costs, and no request of ours shows among the application's. Never rejects.
 */
export async function readProc<Value>(
  path: string,
  parse: (bytes: Uint8Array) => Value | SynfinError,
): Promise<Facts<Value>> {
  const bytes = contentOf(path);
  return bytes && parse(bytes);
}

function contentOf(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** A line of /proc/net/netstat has some 130 names. */
const longestLine = 65_536;

/**
 * Hands over each line that is not empty, until one is not understood: the error quotes it, and names the file.
 */
export function parseLines(
  file: string,
  bytes: Uint8Array,
  understand: (line: string) => boolean,
): SynfinError | undefined {
  let wrong: string | undefined;
  const lines = new Lines(longestLine);
  const visit = (from: Uint8Array, start: number, end: number) => {
    if (wrong !== undefined || end === start) return;
    const text = Buffer.from(from.buffer, from.byteOffset + start, end - start).toString('latin1');
    if (!understand(text)) wrong = quoted(from, start, end);
  };
  lines.push(bytes, visit);
  lines.end(visit);
  if (wrong === undefined) return undefined;
  return new SynfinError('SYNFIN_BAD_MESSAGE', `parsing ${file}: this line is not understood: ${wrong}`);
}

/** A decimal number; undefined for anything else. */
export function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^-?\d{1,20}$/.test(text)) return undefined;
  // Counters of 64 bits: beyond 2^53, some nine quadrillion, the last digits are rounded.
  return Number(text);
}
