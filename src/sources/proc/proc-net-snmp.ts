import type { SynfinError } from '../../errors.ts';
import { type Facts, parseLines, readProc, wholeNumber } from './read-proc.ts';

/** Counters by group (`Tcp`, `Ip`, …) and name, as the kernel spells them. */
export type Snmp = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * /proc/net/snmp: for each group a line of names and a line of values (net/ipv4/proc.c, snmp_seq_show). All count this
 * network namespace since it was made. -1 is "no limit" for MaxConn.
 *
 * ```
 * Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens …
 * Tcp: 1 200 120000 -1 4415926 …
 * ```
 */
export function parseSnmp(bytes: Uint8Array): Snmp | SynfinError {
  return parseGroups('/proc/net/snmp', bytes);
}

/** Undefined where this host has no such file. */
export function readSnmp(procRoot: string): Promise<Facts<Snmp>> {
  return readProc(`${procRoot}/net/snmp`, parseSnmp);
}

/** /proc/net/netstat has the same form. */
export function parseGroups(file: string, bytes: Uint8Array): Snmp | SynfinError {
  const groups = new Map<string, Map<string, number>>();
  let head: readonly string[] | undefined;
  const wrong = parseLines(file, bytes, (line) => {
    const words = line.trim().split(/ +/);
    const [name] = words;
    if (!name?.endsWith(':')) return false;
    if (head === undefined) {
      head = words;
      return true;
    }
    const names = head;
    head = undefined;
    if (names[0] !== name || names.length !== words.length) return false;
    const counters = groups.get(name.slice(0, -1)) ?? new Map<string, number>();
    for (let i = 1; i < words.length; i++) {
      const value = wholeNumber(words[i]);
      if (value === undefined) return false;
      counters.set(names[i] ?? '', value);
    }
    groups.set(name.slice(0, -1), counters);
    return true;
  });
  return wrong ?? groups;
}
