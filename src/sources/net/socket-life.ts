import type { Server, Socket } from 'node:net';
import type { CallSite } from '../../connection/call-site.ts';
import type { Instant } from '../../tcp/identity.ts';
import type { TcpInfoBuffer } from '../../tcp/tcp-info.ts';
import { CloseReasons } from './close-reasons.ts';
import { ConnectCall } from './connect-call.ts';
import { goesToLoopback, optionsOf, peerOf, requestedEndpoint } from './connect-options.ts';
import { isDullHandshake } from './dull.ts';
import type { Entry } from './entry.ts';
import type { HookPorts } from './hook-ports.ts';
import { connectStatus, errorCode, isOneOfSeveral, serverOf, wasReset } from './node-socket.ts';
import type { Registry } from './registry.ts';
import { SocketEnd } from './socket-end.ts';
import {
  identify,
  innerSocketOf,
  isConnected,
  isOpen,
  knowsItsOwner,
  type TcpHandle,
  tcpHandleOf,
} from './tcp-handle.ts';
import { assign, tellStory } from './telling.ts';

type Frame = (...args: never[]) => unknown;

/** Follows what Node does with each socket: one entry for each address that is tried or accepted. */
export class SocketLife {
  readonly #registry: Registry;
  readonly #ports: HookPorts;
  readonly #end: SocketEnd;
  readonly #reasons: CloseReasons;
  readonly #listenSites = new WeakMap<Server, CallSite>();

  constructor(registry: Registry, ports: HookPorts) {
    this.#registry = registry;
    this.#ports = ports;
    this.#end = new SocketEnd(registry, ports, this);
    this.#reasons = new CloseReasons(registry, ports.requests);
    const { report, kernel } = ports;
    const listenSite = (entry: Entry) => this.listenSite(entry);
    registry.tellBy((entry) => {
      this.settle(entry);
      tellStory(entry, { report, kernel, listenSite });
    });
  }

  /** A server listens, called from the application's own line. */
  listening(server: Server, below: Frame): void {
    this.#ports.wake();
    const site = this.#ports.sites.capture(below);
    if (site) this.#listenSites.set(server, site);
  }

  /** The application calls connect(): nothing is on the wire yet, the name look-up comes first. */
  calling(socket: Socket, args: unknown[], below: Frame): void {
    const requested = requestedEndpoint(args);
    if (requested === undefined) return;
    const { audience, captureContext, requests, sites, now } = this.#ports;
    const caller = captureContext();
    const { suppressed } = caller;
    const context = audience.listens ? caller.context : undefined;
    const options = optionsOf(args);
    const awaitsRequest =
      typeof options === 'object' && options !== null && requests.connecting(socket, options, requested, context);
    const site = suppressed ? undefined : sites.capture(below);
    const call = { at: now(), requested, context, suppressed, site, awaitsRequest };
    this.#registry.called(socket, new ConnectCall(call));
  }

  /** A socket has a handle: a fresh one that is to be connected, or one that came connected. */
  gotHandle(socket: Socket): void {
    const handle = tcpHandleOf(socket);
    if (handle === undefined) {
      const inner = innerSocketOf(socket);
      if (inner) this.#registry.encrypted(inner, socket);
      return;
    }
    if (!knowsItsOwner(handle, socket)) this.#registry.handed(handle, socket);
    if (!isOpen(handle) || this.#registry.entryOf(socket)) return;
    // Whose it is shows in a moment: a server announces it, or nobody does.
    this.#registry.add(socket, handle, 'open', this.#ports.now()).unclaimed = true;
    this.#ports.wake();
  }

  /**
   * connect(2) returned: with 0 the SYN is out, else the kernel would not even try. Gives back what is to complete,
   * where there is something to wait for and somebody who wants to know when.
   */
  attempted(handle: TcpHandle, address: string, port: number, at: Instant, status: number): Entry | undefined {
    const socket = this.#registry.socketOf(handle);
    if (socket === undefined) return undefined;
    const call = this.#registry.callOf(socket);
    const before = this.#registry.entryOf(socket);
    // Happy eyeballs (RFC 8305): Node has closed the attempt before this one.
    if (before) this.#end.gone(before);
    const entry = this.#registry.add(socket, handle, 'opening', at, call);
    const kernel = this.#ports.kernel();
    entry.cookie = kernel?.cookie(handle.fd) ?? 0;
    entry.peer = peerOf(call, address, port);
    entry.attempt = call?.nextAttempt() ?? 1;
    this.#ports.measures.began(entry);
    // By its cookie alone a connection can be found again later; where there are none, it is told of at once. So is one
    // of several attempts, whose handle Node closes before anybody hears of it.
    if (entry.cookie === 0 || (this.#ports.audience.wantsFailures && isOneOfSeveral(socket)))
      this.#registry.tell(entry);
    this.#ports.wake();
    if (status !== 0) {
      this.#end.failed(entry, status);
      return undefined;
    }
    return entry.told || this.#ports.audience.listens ? entry : undefined;
  }

  /** A connect request that nobody awaited is over when Node says so; that it was is noticed when somebody asks. */
  settle(entry: Entry): void {
    const { socket } = entry;
    if (entry.phase !== 'opening' || entry.awaited || socket.connecting) return;
    const info = this.#ports.kernel()?.tcpInfo(entry.fd);
    if (info === undefined || info.state === 'syn_sent') return;
    // Refused, or connected and reset since: a socket that Node has not given up was connected.
    if (info.state === 'closed' && socket.destroyed) return;
    this.#nowOpen(entry, info);
  }

  #nowOpen(entry: Entry, info: TcpInfoBuffer | undefined): void {
    const at = this.#ports.now();
    const kept = info?.copy();
    entry.opened(at, info);
    this.#ports.measures.opened(entry, at, info);
    if (!entry.told) return;
    if (entry.call) entry.call.context = undefined;
    const id = goesToLoopback(entry) ? identify(entry.handle, this.#ports.kernel()) : undefined;
    this.#ports.report({ kind: 'socket_event', event: 'connected', socket: entry.number, at, id, info: kept });
  }

  accepted(socket: Socket): void {
    const entry = this.#registry.entryOf(socket);
    if (!entry?.unclaimed) return;
    const kernel = this.#ports.kernel();
    entry.cookie = kernel?.cookie(entry.fd) ?? 0;
    const info = this.#ports.audience.listens ? kernel?.tcpInfo(entry.fd) : undefined;
    entry.opened(entry.at, info);
    entry.unclaimed = false;
    this.#ports.measures.began(entry);
    this.#ports.measures.opened(entry, entry.at, info);
    this.#registry.seen++;
    this.#handshakeOver(entry);
  }

  ending(socket: Socket): void {
    const inner = innerSocketOf(socket) ?? socket;
    const entry = this.#registry.entryOf(inner);
    if (entry === undefined) return;
    this.settle(entry);
    if (entry.phase !== 'open') return;
    // A 'connection' listener may end its socket before anybody hears of it.
    if (entry.unclaimed && serverOf(inner)) this.accepted(inner);
    this.#registry.seen++;
    const { audience, kernel, now } = this.#ports;
    const info = entry.told || audience.listens ? kernel()?.tcpInfo(entry.fd) : undefined;
    const at = now();
    if (!entry.told) entry.ending(at, info);
    else this.#ports.report({ kind: 'socket_event', event: 'ending', socket: entry.number, at, info: info?.copy() });
  }

  closing(socket: Socket, error: unknown): void {
    const entry = this.#registry.entryOf(socket);
    if (entry) {
      // A 'connection' listener may destroy its socket before anybody hears of it.
      if (entry.unclaimed && serverOf(socket)) this.accepted(socket);
      this.settle(entry);
      const outermost = this.#registry.outermost(entry);
      this.#ports.requests.ending(outermost);
      this.#end.races.ending(entry, outermost, errorCode(error));
      const refusal = entry.phase === 'opening' ? connectStatus(error) : undefined;
      // Not refused, and not connecting any more: it was connected, and reset before anybody asked.
      if (entry.phase === 'opening' && !entry.awaited && !socket.connecting && refusal === undefined)
        this.#nowOpen(entry, this.#ports.kernel()?.tcpInfo(entry.fd));
      if (refusal !== undefined) this.#end.failed(entry, refusal);
      else {
        if (entry.phase === 'opening' && entry.answeredAt !== undefined) this.completed(entry, 0);
        const why = this.#reasons.of(entry, outermost, error);
        const site = this.#reasons.siteOf(outermost, error);
        this.#end.gone(entry, { error: errorCode(error), reset: wasReset(socket), why, site });
      }
    } else this.#reasons.outerCloses(socket, error);
    this.#registry.forget(socket);
  }

  /**
   * The connect request is done: with 0 the handshake is over; undefined where the socket must show it. False when it
   * shows that it is not done: somebody else has read the request.
   */
  completed(entry: Entry, status: number | undefined): boolean {
    if (this.#registry.entryOf(entry.socket) !== entry) return true;
    if (status !== undefined && status !== 0) {
      this.#end.failed(entry, status);
      return true;
    }
    const kernel = this.#ports.kernel();
    const info = kernel?.tcpInfo(entry.fd);
    const at = entry.answeredAt ?? this.#ports.now();
    if (status === undefined && info?.state === 'syn_sent') return false;
    // A refusal comes with the socket's destruction; without one it was connected, and reset before anybody looked.
    if (status === undefined && !(info ? info.state !== 'closed' : isConnected(entry.handle))) {
      entry.answeredAt = at;
      return true;
    }
    this.#registry.seen++;
    entry.opened(at, info);
    this.#ports.measures.opened(entry, at, info);
    const kept = entry.told ? info?.copy() : undefined;
    this.assignQueued(entry);
    if (!entry.told) {
      this.#handshakeOver(entry);
      return true;
    }
    if (entry.call) entry.call.context = undefined;
    const id = goesToLoopback(entry) ? identify(entry.handle, kernel) : undefined;
    this.#ports.report({ kind: 'socket_event', event: 'connected', socket: entry.number, at, id, info: kept });
    return true;
  }

  /** Tells of the connection when somebody wants to hear of its handshake now; else it waits until somebody does. */
  #handshakeOver(entry: Entry): void {
    const { audience } = this.#ports;
    const wanted = audience.listens && !entry.suppressed && audience.wantsHandshake(isDullHandshake(entry));
    // By its cookie alone it can be found again later.
    if (wanted || entry.cookie === 0) this.#registry.tell(entry);
    else if (entry.call) entry.call.context = audience.keep(entry.call.context);
  }

  /** A queued request gets a connection that was opened in the context of the one before it. */
  assignQueued(entry: Entry): void {
    const { _httpMessage: request } = this.#registry.outermost(entry) as { _httpMessage?: object | null };
    const context = request ? this.#ports.requests.contextOf(request) : undefined;
    if (context !== undefined) assign(entry, context, this.#ports);
  }

  listenSite({ socket }: Entry): CallSite | undefined {
    const server = serverOf(socket);
    return server && this.siteOf(server);
  }

  /** Of its listen() call. */
  siteOf(server: Server): CallSite | undefined {
    return this.#listenSites.get(server);
  }
}
