import type { Socket } from 'node:net';
import type { SocketRef } from '../../connection/observation.ts';
import { cookieNumber, type Instant, type SocketCookie } from '../../tcp/identity.ts';
import type { ConnectCall } from './connect-call.ts';
import { Entry, type EntryOwner } from './entry.ts';
import type { TcpHandle } from './tcp-handle.ts';

/** The connections of this process, by socket and in order of arrival. Only those with a descriptor are held. */
export class Registry implements EntryOwner {
  /** By socket: the call of connect() that has led to nothing yet, then the connection. Gone with the socket's end. */
  readonly #known = new WeakMap<Socket, ConnectCall | Entry>();
  readonly #handles = new WeakMap<TcpHandle, Socket>();
  readonly #encrypted = new WeakMap<Socket, Socket>();
  readonly #live = new Set<Entry>();
  /** Those that the tracker knows, by the number that it knows them by. */
  readonly #told = new Map<SocketRef, Entry>();
  #lastRef = 0;
  /** How often something was seen to happen to a connection. */
  seen = 0;
  #teller: (entry: Entry) => void = () => {};

  /** How the tracker is made to know of a connection. */
  tellBy(teller: (entry: Entry) => void): void {
    this.#teller = teller;
  }

  tell(entry: Entry): void {
    if (entry.told || entry.unclaimed) return;
    entry.told = true;
    this.#told.set(entry.number, entry);
    this.#teller(entry);
  }

  /** The tracker is told of it in another way. */
  adopted(entry: Entry): void {
    entry.told = true;
    this.#told.set(entry.number, entry);
  }

  called(socket: Socket, call: ConnectCall): void {
    const known = this.#known.get(socket);
    // A second connect() on a socket that has a connection: that one goes on until it is seen to end.
    if (known instanceof Entry) known.nextCall = call;
    else this.#known.set(socket, call);
  }

  callOf(socket: Socket): ConnectCall | undefined {
    const known = this.#known.get(socket);
    return known instanceof Entry ? (known.nextCall ?? known.call) : known;
  }

  /** Node gave this handle to this socket, and the handle itself does not know. */
  handed(handle: TcpHandle, socket: Socket): void {
    this.#handles.set(handle, socket);
  }

  socketOf(handle: TcpHandle): Socket | undefined {
    return this.#handles.get(handle) ?? handle.owner;
  }

  add(socket: Socket, handle: TcpHandle, phase: Entry['phase'], at: Instant, call?: ConnectCall): Entry {
    const entry = new Entry(this.nextRef(), this, socket, handle, phase, at, call);
    this.#known.set(socket, entry);
    this.#live.add(entry);
    return entry;
  }

  entryOf(socket: Socket): Entry | undefined {
    const known = this.#known.get(socket);
    return known instanceof Entry ? known : undefined;
  }

  /** One that the tracker knows. */
  get(ref: SocketRef): Entry | undefined {
    return this.#told.get(ref);
  }

  /** `outer` is the TLS socket that the application sees instead of `inner`. */
  encrypted(inner: Socket, outer: Socket): void {
    this.#encrypted.set(inner, outer);
  }

  outermost({ socket }: Entry): Socket {
    return this.#encrypted.get(socket) ?? socket;
  }

  /** A number for a connection that has no JavaScript socket. */
  nextRef(): SocketRef {
    return ++this.#lastRef;
  }

  /** The connection is over; the socket may make another one, for the same call. */
  remove(entry: Entry): void {
    this.#live.delete(entry);
    if (entry.told) this.#told.delete(entry.number);
    if (this.#known.get(entry.socket) !== entry) return;
    const call = entry.nextCall ?? (entry.phase === 'opening' ? entry.call : undefined);
    if (call) this.#known.set(entry.socket, call);
    else this.#known.delete(entry.socket);
  }

  /** The socket was destroyed. */
  forget(socket: Socket): void {
    this.#known.delete(socket);
  }

  live(): Iterable<Entry> {
    return this.#live;
  }

  /** Those that have one of these cookies, among the connections that the tracker does not know. */
  *untold(cookies: ReadonlySet<SocketCookie>): Generator<Entry> {
    const numbers = new Set([...cookies].map(cookieNumber));
    for (const entry of this.#live) if (!entry.told && numbers.has(entry.cookie)) yield entry;
  }
}
