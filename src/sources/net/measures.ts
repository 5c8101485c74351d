import { quietFarewell } from '../../connection/farewell.ts';
import { clientEstablished, serverHandshakeUs } from '../../connection/handshake.ts';
import type { Role } from '../../connection/lifecycle.ts';
import type { KernelSockets } from '../../ffi/kernel-sockets.ts';
import { type Instant, instant } from '../../tcp/identity.ts';
import type { TcpInfo } from '../../tcp/tcp-info.ts';
import type { OwnSocket } from '../source.ts';
import type { Audience, Meter } from './audience.ts';
import { goesToLoopback } from './connect-options.ts';
import { Entry } from './entry.ts';
import { errorName, serverOf } from './node-socket.ts';
import { identify } from './tcp-handle.ts';

interface MeasuresPorts {
  readonly audience: Audience;
  /** What the kernel tells of a descriptor, where this host lets us ask. */
  readonly kernel: () => KernelSockets | undefined;
  readonly now: () => Instant;
}

/**
 * What is measured of each connection, told or not: its handshake, and how one goes of which nobody hears. How a
 * connection goes that was told of, the tracker knows.
 */
export class Measures {
  readonly #audience: Audience;
  readonly #kernel: MeasuresPorts['kernel'];
  readonly #now: MeasuresPorts['now'];
  /** So many segments of a connection are counted already; of most, none was ever sent again. */
  readonly #counted = new WeakMap<Entry, number>();

  constructor({ audience, kernel, now }: MeasuresPorts) {
    this.#audience = audience;
    this.#kernel = kernel;
    this.#now = now;
  }

  /** A handshake begins: if somebody measures now, its end will be told, once. */
  began(entry: Entry): void {
    if (this.#audience.meter !== undefined) entry.timed = true;
  }

  /** ESTABLISHED, of which Node heard at `at`, and what the kernel said then. */
  opened(entry: Entry, at: Instant, info: TcpInfo | undefined): void {
    if (!entry.timed) return;
    const role = roleOf(entry);
    const us = role === 'client' ? clientEstablished(entry.at, at, info) - entry.at : serverHandshakeUs(info);
    if (us !== undefined) this.#timed(entry)?.handshake(role, us, undefined);
  }

  /** The connect request's status; without one it was given up. */
  failed(entry: Entry, status?: number): void {
    const info = this.#audience.meter && entry.fd >= 0 ? this.#kernel()?.tcpInfo(entry.fd) : undefined;
    if (info) this.resent(entry, info.totalRetransmits);
    if (!entry.timed) return;
    const meter = this.#timed(entry);
    const error = status === undefined ? 'ECONNABORTED' : errorName(status);
    meter?.handshake(roleOf(entry), this.#now() - entry.at, error);
    // RFC 9293, section 3.10.7.3: a RST answers the SYN.
    if (error === 'ECONNREFUSED' || error === 'ECONNRESET') meter?.reset('receive');
  }

  /** The descriptor of one that was never told of is closed, and nothing has happened to it. */
  passed(entry: Entry, at: Instant, info: TcpInfo): void {
    const meter = this.#meterFor(entry);
    if (meter === undefined) return;
    const { endingAt } = entry;
    const ending = endingAt === undefined ? undefined : { at: endingAt, info: entry.endingInfo() };
    // An accepted connection was there before Node saw it.
    const waitedMs = entry.call ? 0 : (entry.openingInfo()?.lastDataSentMs ?? 0);
    const since = instant(entry.at - waitedMs * 1000);
    meter.over(quietFarewell({ role: roleOf(entry), since, ending, at, info }));
  }

  /** By the kernel's count, which only grows. */
  resent(entry: OwnSocket, total: number | undefined): void {
    if (!total || !(entry instanceof Entry)) return;
    const before = this.#counted.get(entry) ?? 0;
    const meter = total > before ? this.#meterFor(entry) : undefined;
    if (meter === undefined) return;
    this.#counted.set(entry, total);
    meter.resent(total - before);
  }

  #timed(entry: Entry): Meter | undefined {
    entry.timed = false;
    return this.#meterFor(entry);
  }

  /** Undefined where nobody measures, and for what nobody wants to hear of. */
  #meterFor(entry: Entry): Meter | undefined {
    const { meter, ignores } = this.#audience;
    if (meter === undefined || entry.suppressed || entry.unclaimed) return undefined;
    return ignores?.(this.#ends(entry)) ? undefined : meter;
  }

  #ends(entry: Entry): Parameters<NonNullable<Audience['ignores']>>[0] {
    const { peer, call, handle } = entry;
    const id = identify(handle, this.#kernel(), goesToLoopback(entry) ? undefined : peer);
    // The name of a descriptor that is closed cannot be asked for.
    const tuple = id.tuple ?? (peer && { local: peer, peer });
    return { role: roleOf(entry), requested: call?.requested ?? peer, id: { tuple } };
  }
}

export function roleOf({ call, peer, socket }: Entry): Role {
  if (call || peer) return 'client';
  return serverOf(socket) ? 'server' : 'unknown';
}
