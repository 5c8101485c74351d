import type { Endpoint } from '../tcp/endpoint.ts';

/** Where a connection that was closed went to, or came in. */
export interface ClosedPlace {
  /** Of a client's. */
  readonly peer: Endpoint | undefined;
  /** How the application named that. */
  readonly requested: Endpoint | undefined;
  /** Of a server's: the port of its listener. */
  readonly port: number;
}

/** A process that goes to more places than this forgets the names of all of them and begins anew. */
const mostPlaces = 4096;

/**
 * Places as small numbers, so that thousands of closed connections to one of them cost no object each. Finding the
 * number makes nothing: it is done for each connection that closes.
 */
export class ClosedPlaces {
  readonly #places: (ClosedPlace | undefined)[] = [undefined];
  readonly #byPeer = new Map<string, Map<number, number[]>>();
  readonly #byPort = new Map<number, number>();
  readonly #forgotten: () => void;
  #last = 0;

  /** `forgotten`: the numbers that were given so far mean nothing any more. */
  constructor(forgotten: () => void) {
    this.#forgotten = forgotten;
  }

  /** 0 where nothing is known. */
  numberOf(peer: Endpoint | undefined, requested: Endpoint | undefined, port: number): number {
    if (peer === undefined) return port === 0 ? 0 : (this.#byPort.get(port) ?? this.#addPort(port));
    // Mostly it is the same as the time before.
    if (isSame(this.#places[this.#last]?.peer, peer) && isSame(this.#places[this.#last]?.requested, requested))
      return this.#last;
    this.#last = this.#numberOf(peer, requested);
    return this.#last;
  }

  #numberOf(peer: Endpoint, requested: Endpoint | undefined): number {
    const known = this.#byPeer.get(peer.address)?.get(peer.port);
    if (known) for (const number of known) if (isSame(this.#places[number]?.requested, requested)) return number;
    return this.#addPeer(peer, requested);
  }

  at(number: number): ClosedPlace | undefined {
    return this.#places[number];
  }

  /** Of listeners that connections came in by. */
  get ports(): Iterable<number> {
    return this.#byPort.keys();
  }

  #addPort(port: number): number {
    const number = this.#add({ peer: undefined, requested: undefined, port });
    this.#byPort.set(port, number);
    return number;
  }

  #addPeer(peer: Endpoint, requested: Endpoint | undefined): number {
    const number = this.#add({ peer, requested, port: 0 });
    const byPort = this.#byPeer.get(peer.address) ?? new Map<number, number[]>();
    this.#byPeer.set(peer.address, byPort);
    const numbers = byPort.get(peer.port);
    if (numbers) numbers.push(number);
    else byPort.set(peer.port, [number]);
    return number;
  }

  #add(place: ClosedPlace): number {
    if (this.#places.length >= mostPlaces) {
      this.#places.length = 1;
      this.#byPeer.clear();
      this.#byPort.clear();
      this.#forgotten();
    }
    return this.#places.push(place) - 1;
  }
}

function isSame(one: Endpoint | undefined, other: Endpoint | undefined): boolean {
  return one === other || (one?.port === other?.port && one?.address === other?.address);
}
