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
  /** Opened by a pool, for a request that is not known yet. */
  readonly awaitsRequest: boolean;
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

/** What belongs to one JavaScript socket, over all the connections that it makes. */
interface SocketRecord {
  call: ConnectCall | undefined;
  entry: Entry | undefined;
}

/** The connections of this process, by socket and in order of arrival. Only those with a descriptor are held. */
export class Registry {
  /** The one weak map that every connection is in; an entry leaves it with its socket's end, not with the next GC. */
  readonly #records = new WeakMap<Socket, SocketRecord>();
  readonly #handles = new WeakMap<TcpHandle, Socket>();
  readonly #encrypted = new WeakMap<Socket, Socket>();
  readonly #live = new Map<SocketRef, Entry>();
  readonly #unclaimed = new Set<Entry>();
  #lastRef = 0;

  called(socket: Socket, call: ConnectCall): void {
    this.#recordOf(socket).call = call;
  }

  /** The call has led to a connection: what it remembers may go. */
  settled(socket: Socket): void {
    this.#recordOf(socket).call = undefined;
  }

  callOf(socket: Socket): ConnectCall | undefined {
    return this.#records.get(socket)?.call;
  }

  /** Node gave this handle to this socket, and the handle itself does not know. */
  handed(handle: TcpHandle, socket: Socket): void {
    this.#handles.set(handle, socket);
  }

  socketOf(handle: TcpHandle): Socket | undefined {
    return this.#handles.get(handle) ?? handle.owner;
  }

  add(socket: Socket, handle: TcpHandle, phase: Entry['phase'], arrival?: Arrival): Entry {
    const entry: Entry = { ref: ++this.#lastRef, socket, handle, phase, arrival, receivedBefore: 0 };
    this.#recordOf(socket).entry = entry;
    this.#live.set(entry.ref, entry);
    if (arrival) this.#unclaimed.add(entry);
    return entry;
  }

  entryOf(socket: Socket): Entry | undefined {
    return this.#records.get(socket)?.entry;
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

  /** The connection is over; the socket may make another one. */
  remove(entry: Entry): void {
    this.#live.delete(entry.ref);
    this.#unclaimed.delete(entry);
    const record = this.#records.get(entry.socket);
    if (record?.entry === entry) record.entry = undefined;
  }

  /** The socket was destroyed. */
  forget(socket: Socket): void {
    this.#records.delete(socket);
  }

  live(): IterableIterator<Entry> {
    return this.#live.values();
  }

  #recordOf(socket: Socket): SocketRecord {
    let record = this.#records.get(socket);
    if (record === undefined) {
      record = { call: undefined, entry: undefined };
      this.#records.set(socket, record);
    }
    return record;
  }
}
