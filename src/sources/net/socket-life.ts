import type { Server, Socket } from 'node:net';
import type { CallSite } from '../../connection/observation.ts';
import { unreadBytes } from '../../connection/teardown.ts';
import type { KernelSockets } from '../../ffi/kernel-sockets.ts';
import type { Instant } from '../../tcp/identity.ts';
import type { TcpInfo } from '../../tcp/tcp-info.ts';
import type { Report } from '../source.ts';
import type { Audience } from './audience.ts';
import type { CallSites } from './call-site.ts';
import { isDullHandshake, isDullLife } from './dull.ts';
import type { Entry } from './entry.ts';
import { errorCode, errorName, optionsOf, peerOf, requestedEndpoint, serverOf } from './node-socket.ts';
import type { Registry } from './registry.ts';
import type { Requests } from './requests.ts';
import { identify, innerSocketOf, isOpen, knowsItsOwner, type TcpHandle, tcpHandleOf } from './tcp-handle.ts';
import { assign, goesToLoopback, tellStory } from './telling.ts';

/** What the hook is handed by whoever runs it. */
export interface HookPorts {
  readonly report: Report;
  readonly now: () => Instant;
  /** The telemetry context of the caller, and whether tracing is suppressed in it. */
  readonly captureContext: () => { readonly context: unknown; readonly suppressed: boolean };
  /** What the kernel tells of a descriptor, where this host lets us ask. */
  readonly kernel: () => KernelSockets | undefined;
  readonly sites: CallSites;
  readonly requests: Requests;
  readonly audience: Audience;
  /** The application has begun to use sockets: a server listens, or a connection came or goes. */
  readonly wake: () => void;
  /** An error of ours: never the application's business. */
  readonly fault: (where: string, error: unknown) => void;
}

/** Node's TCPConnectWrap (src/connect_wrap.cc). */
export interface ConnectRequest {
  oncomplete?: unknown;
}

type Frame = (...args: never[]) => unknown;

/** Follows what Node does with each socket: one entry for each address that is tried or accepted. */
export class SocketLife {
  readonly #registry: Registry;
  readonly #ports: HookPorts;
  readonly #listenSites = new WeakMap<Server, CallSite>();

  constructor(registry: Registry, ports: HookPorts) {
    this.#registry = registry;
    this.#ports = ports;
    const { report, kernel } = ports;
    const listenSite = (entry: Entry) => this.#listenSite(entry);
    registry.tellBy((entry) => tellStory(entry, { report, kernel, listenSite }));
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
    const { captureContext, requests, sites, now } = this.#ports;
    const { context, suppressed } = captureContext();
    const awaitsRequest = requests.connecting(socket, optionsOf(args), context);
    const site = suppressed ? undefined : sites.capture(below);
    this.#registry.called(socket, { at: now(), requested, context, suppressed, site, awaitsRequest, attempts: 0 });
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
   * where there is something to wait for.
   */
  attempted(handle: TcpHandle, address: string, port: number, at: Instant, status: number): Entry | undefined {
    const socket = this.#registry.socketOf(handle);
    if (socket === undefined) return undefined;
    const call = this.#registry.callOf(socket);
    const before = this.#registry.entryOf(socket);
    // Happy eyeballs (RFC 8305): Node has closed the attempt before this one.
    if (before) this.#gone(before, undefined);
    const entry = this.#registry.add(socket, handle, 'opening', at, call);
    const kernel = this.#ports.kernel();
    entry.cookie = kernel?.cookie(handle.fd) ?? 0;
    entry.peer = peerOf(call, address, port);
    entry.attempt = call ? ++call.attempts : 1;
    // By its cookie alone a connection can be found again later; where there are none, it is told of at once.
    if (entry.cookie === 0) this.#registry.tell(entry);
    this.#ports.wake();
    if (status !== 0) {
      this.#failed(entry, status);
      return undefined;
    }
    return entry;
  }

  accepted(socket: Socket): void {
    const entry = this.#registry.entryOf(socket);
    if (!entry?.unclaimed) return;
    const kernel = this.#ports.kernel();
    entry.cookie = kernel?.cookie(entry.fd) ?? 0;
    const info = this.#ports.audience.listens ? kernel?.tcpInfo(entry.fd) : undefined;
    entry.opened(entry.at, info);
    entry.unclaimed = false;
    this.#registry.seen++;
    this.#handshakeOver(entry);
  }

  ending(socket: Socket): void {
    const inner = innerSocketOf(socket) ?? socket;
    const entry = this.#registry.entryOf(inner);
    if (entry?.phase !== 'open') return;
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
      this.#ports.requests.ending(this.#registry.outermost(entry));
      this.#gone(entry, errorCode(error), (socket as { resetAndClosing?: boolean }).resetAndClosing === true);
    }
    this.#registry.forget(socket);
  }

  /** The connect request is done: with 0 the handshake is over, else it has failed. */
  completed(entry: Entry, status: number): void {
    if (this.#registry.entryOf(entry.socket) !== entry) return;
    if (status !== 0) {
      this.#failed(entry, status);
      return;
    }
    this.#assign(entry);
    const { audience } = this.#ports;
    const kernel = this.#ports.kernel();
    const info = entry.told || audience.listens ? kernel?.tcpInfo(entry.fd) : undefined;
    const at = this.#ports.now();
    this.#registry.seen++;
    entry.opened(at, info);
    if (!entry.told) {
      this.#handshakeOver(entry);
      return;
    }
    const id = goesToLoopback(entry) ? identify(entry.handle, kernel) : undefined;
    this.#ports.report({ kind: 'socket_event', event: 'connected', socket: entry.number, at, id, info: info?.copy() });
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
  #assign(entry: Entry): void {
    const { _httpMessage: request } = this.#registry.outermost(entry) as { _httpMessage?: object | null };
    const context = request ? this.#ports.requests.contextOf(request) : undefined;
    if (context !== undefined) assign(entry, context, this.#ports);
  }

  #failed(entry: Entry, status: number): void {
    this.#assign(entry);
    const { number: socket } = entry;
    this.#registry.tell(entry);
    this.#registry.seen++;
    this.#registry.remove(entry);
    const error = errorName(status);
    this.#ports.report({ kind: 'socket_event', event: 'connect_failed', socket, at: this.#ports.now(), error });
  }

  #gone(entry: Entry, error: string | undefined, reset = false): void {
    const { fd, number: socket, handle } = entry;
    const kernel = fd >= 0 ? this.#ports.kernel() : undefined;
    const info = entry.told || this.#ports.audience.listens ? kernel?.tcpInfo(fd) : undefined;
    const { bytesRead } = entry;
    const at = this.#ports.now();
    this.#registry.seen++;
    if (!entry.told && this.#passesUntold(entry, at, info, error !== undefined || reset)) {
      this.#registry.remove(entry);
      return;
    }
    const kept = info?.copy();
    this.#registry.tell(entry);
    if (entry.phase === 'opening') this.#assign(entry);
    // What Node did not read, another process may have: the kernel is asked, where the difference matters.
    const ask = kept?.state === 'closed' || (unreadBytes(kept, bytesRead) ?? 0) > 0;
    const unread = ask ? kernel?.unread(fd) : undefined;
    this.#registry.remove(entry);
    const how = reset ? 'reset' : 'close';
    const { bytesWritten } = handle;
    const ends = { how, error, info: kept, unread, bytesRead, bytesWritten } as const;
    this.#ports.report({ kind: 'socket_event', event: 'closed', socket, at, ...ends });
  }

  /** Whether a connection that was never told of may go as it came. */
  #passesUntold(entry: Entry, at: Instant, info: TcpInfo | undefined, abnormal: boolean): boolean {
    // One that nobody claimed is no connection of ours.
    if (entry.unclaimed) return true;
    if (entry.phase !== 'open') return false;
    const { audience } = this.#ports;
    if (info !== undefined && !entry.suppressed) {
      const dull = !abnormal && isDullLife(entry, at, info, entry.bytesRead);
      if (audience.wantsTeardown(dull)) return false;
    }
    const role = entry.peer ? 'client' : 'server';
    const site = entry.peer ? entry.call?.site : this.#listenSite(entry);
    audience.closed({ cookie: entry.cookie, closedAt: at, role, site, suppressed: entry.suppressed });
    return true;
  }

  #listenSite({ socket }: Entry): CallSite | undefined {
    const server = serverOf(socket);
    return server && this.#listenSites.get(server);
  }
}
