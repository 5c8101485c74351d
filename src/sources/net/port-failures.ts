import type { FailedConnect, PortFailure } from '../../connection/host-fact.ts';
import type { Endpoint } from '../../tcp/endpoint.ts';
import { connectionId, cookieFromNumber, type Instant } from '../../tcp/identity.ts';
import type { ConnectRequest } from './completion.ts';
import type { Entry } from './entry.ts';
import { errorName } from './node-socket.ts';
import type { TcpHandle } from './tcp-handle.ts';

/** So many destinations, and so many attempts of each, are kept between two looks; of the rest the number alone. */
const mostDestinations = 64;
const mostSampled = 5;
const mostMeanings = 64;

interface Failing extends Omit<PortFailure, 'count' | 'sample'> {
  count: number;
  readonly sample: FailedConnect[];
}

/** Where a connection is to come from, as the application chose it. */
interface Chosen {
  readonly address: string;
  readonly port: number;
}

/**
 * Counts the attempts to connect for which the kernel had no local port: EADDRNOTAVAIL, which connect(2) gives at once,
 * and EADDRINUSE, which libuv keeps from its bind(2) until the connect request completes. An address that is not this
 * host's never comes so far: bind(2) refuses it, and Node does not connect.
 */
export class PortFailures {
  readonly #now: () => Instant;
  readonly #chosen = new WeakMap<TcpHandle, Chosen>();
  readonly #failing = new Map<string, Failing>();
  /** What each status means, once it has been seen. */
  readonly #meanings = new Map<number, PortFailure['error'] | undefined>();

  constructor(now: () => Instant) {
    this.#now = now;
  }

  /** connect(2) was called, and how it ended is still to be heard. */
  attempting(handle: TcpHandle, { localAddress, localPort }: ConnectRequest): void {
    if (typeof localAddress === 'string') this.#chosen.set(handle, { address: localAddress, port: Number(localPort) });
  }

  /** It came to an end with this status, which is not 0. */
  failed(entry: Entry, status: number): void {
    const error = this.#meaning(status);
    const { peer } = entry;
    // Nothing listens on port 0, and on some hosts that is what EADDRNOTAVAIL says.
    if (error === undefined || peer === undefined || peer.port === 0 || entry.suppressed) return;
    const chosen = this.#chosen.get(entry.handle);
    // A port that the application named itself is taken: the others need not be.
    if (chosen && chosen.port > 0) return;
    const failing = this.#of(error, peer, entry, chosen?.address);
    if (failing === undefined) return;
    failing.count++;
    sample(failing, entry, this.#now());
  }

  /** What has failed since this was last called. */
  *take(): Generator<PortFailure> {
    const failing = [...this.#failing.values()];
    this.#failing.clear();
    yield* failing;
  }

  #of(error: Failing['error'], peer: Endpoint, entry: Entry, localAddress: string | undefined): Failing | undefined {
    const key = `${error}|${localAddress}|${peer.address}|${peer.port}`;
    const known = this.#failing.get(key);
    if (known !== undefined || this.#failing.size >= mostDestinations) return known;
    const requested = entry.call?.requested;
    const failing = { at: this.#now(), error, peer, requested, localAddress, count: 0, sample: [] };
    this.#failing.set(key, failing);
    return failing;
  }

  #meaning(status: number): PortFailure['error'] | undefined {
    if (!this.#meanings.has(status)) {
      if (this.#meanings.size >= mostMeanings) this.#meanings.clear();
      const name = errorName(status);
      this.#meanings.set(status, name === 'EADDRNOTAVAIL' || name === 'EADDRINUSE' ? name : undefined);
    }
    return this.#meanings.get(status);
  }
}

/** The first few; one of which the line is known takes the place of one of which it is not. */
function sample({ sample, localAddress, peer }: Failing, { call, cookie, at: since }: Entry, at: Instant): void {
  const site = call?.site;
  const place = sample.length < mostSampled ? sample.length : site ? sample.findIndex((one) => !one.site) : -1;
  if (place < 0) return;
  const local = { address: localAddress ?? (peer.address.includes(':') ? '::' : '0.0.0.0'), port: 0 };
  const identity = { cookie: cookieFromNumber(cookie), tuple: { local, peer } };
  sample[place] = { at, connectionId: connectionId(identity, since), site };
}
