import { isIP } from 'node:net';
import type { Row } from '../../connection/observation.ts';
import { endpoint, type FourTuple } from '../../tcp/endpoint.ts';
import type { Instant } from '../../tcp/identity.ts';
import { stateFromWord } from '../../tcp/state.ts';
import type { NetstatItem, NetstatParser } from './node-netstat.ts';

/**
 * The row that a line of netstat tells of: undefined for a line that is about no TCP socket, a text when it is and was
 * not understood. Netstat's columns for the queues are not in what the package tells: they are 0 here.
 */
export function rowFrom(line: string, parse: NetstatParser, at: Instant): Row | string | undefined {
  let item: NetstatItem | undefined;
  try {
    parse(line, (found) => {
      item = found;
    });
  } catch {
    return /^\s*tcp/i.test(line) ? 'it has other columns' : undefined;
  }
  if (item === undefined || !/^tcp/i.test(item.protocol)) return undefined;
  const state = stateFromWord(item.state ?? '');
  if (state === undefined) return 'it has no state that is known';
  const tuple = tupleOf(item, state === 'listen');
  if (tuple === undefined) return 'it has no pair of addresses';
  return { kind: 'row', source: 'netstat', at, id: { tuple }, state, receiveQueue: 0, sendQueue: 0 };
}

/** A listener has no peer, and often any address: both are written as `ss` writes them. */
function tupleOf({ protocol, local, remote }: NetstatItem, listens: boolean): FourTuple | undefined {
  const any = /6$/.test(protocol) ? '::' : '0.0.0.0';
  const ends = [local, remote].map(({ address, port }) => {
    if (listens) return endpoint(address !== null && isIP(plain(address)) ? address : any, port || 0);
    return address !== null && isIP(plain(address)) && isPort(port) ? endpoint(address, port) : undefined;
  });
  const [near, far] = ends;
  return near && far ? { local: near, peer: far } : undefined;
}

/** `fe80::1%lo0` without its zone. */
function plain(address: string): string {
  return address.split('%', 1)[0] ?? address;
}

function isPort(port: number | null): port is number {
  return port !== null && Number.isInteger(port) && port >= 0 && port <= 65_535;
}
