import type { Socket } from 'node:net';
import type { CallSite, SocketRef } from '../../connection/observation.ts';
import type { Endpoint } from '../../tcp/endpoint.ts';
import type { Instant, SocketIdentity } from '../../tcp/identity.ts';
import type { TcpInfo } from '../../tcp/tcp-info.ts';
import type { TcpHandle } from './tcp-handle.ts';

/** One call of connect(), which may try several addresses. */
export interface ConnectCall {
  readonly at: Instant;
  readonly requested: Endpoint;
  readonly context: unknown;
  readonly suppressed: boolean;
  readonly site: CallSite | undefined;
  attempts: number;
}

/** What was known of a socket that came with a connected handle, before anybody said where it came from. */
export interface Arrival {
  readonly at: Instant;
  readonly id: SocketIdentity;
  readonly info: TcpInfo | undefined;
}

/** One connection of this process, as JavaScript sees it. */
export interface Entry {
  readonly ref: SocketRef;
  readonly socket: Socket;
  readonly handle: TcpHandle;
  phase: 'opening' | 'open';
  /** Set until it is known whether the socket was accepted or came from elsewhere. */
  arrival: Arrival | undefined;
  /** What the kernel had received before Node counted on this handle; not 0 for an adopted socket. */
  receivedBefore: number;
}

/** The connections of this process, by socket and in order of arrival. Only those with a descriptor are held. */
export class Registry {
  readonly #calls = new WeakMap<Socket, ConnectCall>();
  readonly #entries = new WeakMap<Socket, Entry>();
  readonly #sockets = new WeakMap<TcpHandle, Socket>();
  readonly #encrypted = new WeakMap<Socket, Socket>();
  readonly #live = new Map<SocketRef, Entry>();
  readonly #unclaimed = new Set<Entry>();
  #lastRef = 0;

  called(socket: Socket, call: ConnectCall): void {
    this.#calls.set(socket, call);
  }

  callOf(socket: Socket): ConnectCall | undefined {
    return this.#calls.get(socket);
  }

  /** Node gave this handle to this socket. */
  handed(handle: TcpHandle, socket: Socket): void {
    this.#sockets.set(handle, socket);
  }

  socketOf(handle: TcpHandle): Socket | undefined {
    return this.#sockets.get(handle);
  }

  add(socket: Socket, handle: TcpHandle, phase: Entry['phase'], arrival?: Arrival): Entry {
    const entry: Entry = {
      ref: ++this.#lastRef,
      socket,
      handle,
      phase,
      arrival,
      receivedBefore: 0,
    };
    this.#entries.set(socket, entry);
    this.#live.set(entry.ref, entry);
    if (arrival) this.#unclaimed.add(entry);
    return entry;
  }

  entryOf(socket: Socket): Entry | undefined {
    return this.#entries.get(socket);
  }

  get(ref: SocketRef): Entry | undefined {
    return this.#live.get(ref);
  }

  /** `outer` is the TLS socket that the application sees instead of `inner`. */
  encrypted(inner: Socket, outer: Socket): void {
    this.#encrypted.set(inner, outer);
  }

  /** The socket that the application reads from and writes to. */
  outermost({ socket }: Entry): Socket {
    return this.#encrypted.get(socket) ?? socket;
  }

  /** A number for a connection that has no JavaScript socket. */
  nextRef(): SocketRef {
    return ++this.#lastRef;
  }

  claim(entry: Entry): Arrival | undefined {
    const { arrival } = entry;
    entry.arrival = undefined;
    this.#unclaimed.delete(entry);
    return arrival;
  }

  unclaimed(): Iterable<Entry> {
    return this.#unclaimed;
  }

  remove(entry: Entry): void {
    this.#live.delete(entry.ref);
    this.#unclaimed.delete(entry);
    if (this.#entries.get(entry.socket) === entry) this.#entries.delete(entry.socket);
  }

  live(): IterableIterator<Entry> {
    return this.#live.values();
  }

  get size(): number {
    return this.#live.size;
  }
}
