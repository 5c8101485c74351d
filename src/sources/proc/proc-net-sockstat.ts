import type { SynfinError } from '../../errors.ts';
import { type Facts, parseLines, readProc, wholeNumber } from './read-proc.ts';

/** The numbers of one protocol, or of all sockets (`sockets`), under the kernel's names. */
export type Sockstat = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * /proc/net/sockstat and sockstat6 (net/ipv4/proc.c, sockstat_seq_show):
 *
 * ```
 * sockets: used 331
 * TCP: inuse 5 orphan 0 tw 1 alloc 9 mem 0
 * ```
 *
 * `inuse` and `tw` (TIME_WAIT, and FIN_WAIT2 without owner) count this network namespace; `used`, `orphan`, `alloc` and
 * `mem` (pages) the whole host.
 */
export function parseSockstat(bytes: Uint8Array): Sockstat | SynfinError {
  const all = new Map<string, Map<string, number>>();
  const wrong = parseLines('/proc/net/sockstat', bytes, (line) => {
    const [name, ...words] = line.trim().split(/ +/);
    if (!name?.endsWith(':') || words.length % 2 !== 0) return false;
    const numbers = new Map<string, number>();
    for (let i = 0; i < words.length; i += 2) {
      const value = wholeNumber(words[i + 1]);
      if (value === undefined) return false;
      numbers.set(words[i] ?? '', value);
    }
    all.set(name.slice(0, -1), numbers);
    return true;
  });
  return wrong ?? all;
}

/** Undefined where this host has no such file. */
export function readSockstat(procRoot: string, family: '' | '6' = ''): Promise<Facts<Sockstat>> {
  return readProc(`${procRoot}/net/sockstat${family}`, parseSockstat);
}
