import type { Server, Socket } from 'node:net';
import type { CallSite } from '../../connection/observation.ts';
import { unreadBytes } from '../../connection/teardown.ts';
import type { KernelSockets } from '../../ffi/kernel-sockets.ts';
import { endpoint } from '../../tcp/endpoint.ts';
import type { Instant } from '../../tcp/identity.ts';
import type { Report } from '../source.ts';
import type { CallSites } from './call-site.ts';
import { connectOptions, requestedEndpoint } from './connect-options.ts';
import { plainValue } from './plain-value.ts';
import type { Entry, Registry } from './registry.ts';
import type { Requests } from './requests.ts';
import { identify, innerSocketOf, isOpen, knowsItsOwner, type TcpHandle, tcpHandleOf } from './tcp-handle.ts';

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

/** Turns what Node does with a socket into observations: one connection for each address that is tried or accepted. */
export class SocketLife {
  readonly #registry: Registry;
  readonly #ports: HookPorts;
  readonly #listenSites = new WeakMap<Server, CallSite>();
  /** Connect requests that are over, and whose outcome is not known yet. */
  readonly #answered = new WeakMap<Entry, { readonly at: Instant; readonly peerUnknown: boolean }>();

  constructor(registry: Registry, ports: HookPorts) {
    this.#registry = registry;
    this.#ports = ports;
  }

  /** A server listens, called from the application's own line. */
  listening(server: Server, below: Frame): void {
    this.#ports.wake();
    const site = this.#ports.sites.capture(below);
    if (site) this.#listenSites.set(server, site);
  }

  /** The application calls connect(): nothing is on the wire yet, the name look-up comes first. */
  calling(socket: Socket, args: unknown[], below: Frame): void {
    const options = connectOptions(args);
    const requested = requestedEndpoint(options);
    if (requested === undefined) return;
    const { captureContext, requests, sites, now } = this.#ports;
    const { context, suppressed } = captureContext();
    const { awaitsRequest } = requests.connecting(socket, options, context);
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
    const kernel = this.#ports.kernel();
    const id = identify(handle, kernel);
    if (id.tuple === undefined) return;
    const arrival = { at: this.#ports.now(), id, info: kernel?.tcpInfo(handle.fd) };
    this.#registry.add(socket, handle, 'open', arrival);
    this.#ports.wake();
  }

  /**
   * connect(2) returned: with 0 the SYN is out, else the kernel would not even try. Gives back what is to be called
   * when the request completes, with its status, where there is something to wait for; undefined for a status that only
   * Node knows.
   */
  attempted(handle: TcpHandle, address: string, port: number, at: Instant, status: number) {
    const socket = this.#registry.socketOf(handle);
    if (socket === undefined) return undefined;
    const call = this.#registry.callOf(socket);
    const before = this.#registry.entryOf(socket);
    // Happy eyeballs (RFC 8305): Node has closed the attempt before this one.
    if (before) this.#gone(before, undefined);
    const peer = endpoint(address, port);
    const entry = this.#registry.add(socket, handle, 'opening');
    if (call) call.attempts++;
    this.#ports.report({
      kind: 'socket_event',
      event: 'connecting',
      socket: entry.ref,
      at,
      id: identify(handle, this.#ports.kernel(), peer),
      calledAt: call?.at ?? at,
      attempt: call?.attempts ?? 1,
      requested: call?.requested ?? peer,
      context: call?.context,
      suppressed: call?.suppressed ?? false,
      awaitsRequest: call?.awaitsRequest ?? false,
      site: call?.site,
    });
    if (status !== 0) {
      this.#failed(entry, status);
      return undefined;
    }
    const peerUnknown = unspecified.has(peer.address);
    return (outcome: number | undefined) => {
      if (outcome === undefined) this.#answered.set(entry, { at: this.#ports.now(), peerUnknown });
      else this.#completed(entry, outcome, peerUnknown, this.#ports.now());
    };
  }

  accepted(socket: Socket): void {
    const entry = this.#registry.entryOf(socket);
    const arrival = entry && this.#registry.claim(entry);
    if (!entry || !arrival) return;
    const server = serverOf(socket);
    const site = server && this.#listenSites.get(server);
    this.#ports.report({ kind: 'socket_event', event: 'accepted', socket: entry.ref, ...arrival, site });
  }

  ending(socket: Socket): void {
    const inner = innerSocketOf(socket) ?? socket;
    const entry = this.#registry.entryOf(inner);
    if (entry?.phase !== 'open') return;
    // A 'connection' listener may end its socket before anybody hears of it.
    if (entry.arrival && serverOf(inner)) this.accepted(inner);
    const info = this.#ports.kernel()?.tcpInfo(entry.handle.fd);
    this.#ports.report({ kind: 'socket_event', event: 'ending', socket: entry.ref, at: this.#ports.now(), info });
  }

  closing(socket: Socket, error: unknown): void {
    this.#learnOutcome(socket, error);
    const entry = this.#registry.entryOf(socket);
    // A 'connection' listener may destroy its socket before anybody hears of it.
    if (entry?.arrival && serverOf(socket)) this.accepted(socket);
    if (entry) this.#ports.requests.ending(this.#registry.outermost(entry));
    if (entry) this.#gone(entry, errorCode(error), (socket as { resetAndClosing?: boolean }).resetAndClosing === true);
    this.#registry.forget(socket);
  }

  /** Node destroys the socket with the error of connect(2); else it was connected, and reset before anybody looked. */
  #learnOutcome(socket: Socket, error: unknown): void {
    const entry = this.#registry.entryOf(socket);
    const answer = entry && this.#answered.get(entry);
    if (answer) this.#completed(entry, connectStatus(error) ?? 0, answer.peerUnknown, answer.at);
  }

  #completed(entry: Entry, status: number, peerUnknown: boolean, at: Instant): void {
    if (this.#registry.entryOf(entry.socket) !== entry) return;
    if (status !== 0) {
      this.#failed(entry, status);
      return;
    }
    entry.phase = 'open';
    this.#registry.settled(entry.socket);
    this.#assign(entry);
    const kernel = this.#ports.kernel();
    this.#ports.report({
      kind: 'socket_event',
      event: 'connected',
      socket: entry.ref,
      at,
      id: peerUnknown ? identify(entry.handle, kernel) : undefined,
      info: kernel?.tcpInfo(entry.handle.fd),
    });
  }

  /** A queued request gets a connection that was opened in the context of the one before it. */
  #assign(entry: Entry): void {
    const { _httpMessage: request } = this.#registry.outermost(entry) as { _httpMessage?: object | null };
    const context = request ? this.#ports.requests.contextOf(request) : undefined;
    if (context === undefined) return;
    const at = this.#ports.now();
    this.#ports.report({ kind: 'socket_event', event: 'assigned', socket: entry.ref, at, context });
  }

  #failed(entry: Entry, status: number): void {
    this.#assign(entry);
    this.#registry.remove(entry);
    const error = errorName(status);
    const at = this.#ports.now();
    this.#ports.report({ kind: 'socket_event', event: 'connect_failed', socket: entry.ref, at, error });
  }

  #gone(entry: Entry, error: string | undefined, reset = false): void {
    const { handle } = entry;
    const kernel = isOpen(handle) ? this.#ports.kernel() : undefined;
    const info = kernel?.tcpInfo(handle.fd);
    const bytesRead = entry.receivedBefore + handle.bytesRead;
    // What Node did not read, another process may have: the kernel is asked, where the difference matters.
    if (entry.phase === 'opening') this.#assign(entry);
    const ask = info?.state === 'closed' || (unreadBytes(info, bytesRead) ?? 0) > 0;
    this.#registry.remove(entry);
    this.#ports.report({
      kind: 'socket_event',
      event: 'closed',
      socket: entry.ref,
      at: this.#ports.now(),
      how: reset ? 'reset' : 'close',
      error,
      info,
      unread: ask ? kernel?.unread(handle.fd) : undefined,
      bytesRead,
      bytesWritten: handle.bytesWritten,
    });
  }
}

/** connect() to one of these goes to the loopback address, which only the kernel then tells. */
const unspecified = new Set(['0.0.0.0', '::']);

/** Not imported: on Node 22 and later an import of node:util runs a getter that opens the host's `process.stderr`. */
function errorName(status: number): string {
  return process.getBuiltinModule('node:util').getSystemErrorName(status);
}

function serverOf(socket: Socket): Server | undefined {
  return (socket as { server?: Server | null }).server ?? undefined;
}

/** What connect(2) came to, when Node destroys a socket for it (lib/net.js, afterConnect). */
function connectStatus(error: unknown): number | undefined {
  const errno = plainValue(error, 'syscall') === 'connect' ? plainValue(error, 'errno') : undefined;
  return typeof errno === 'number' && errno < 0 ? errno : undefined;
}

function errorCode(error: unknown): string | undefined {
  const code = plainValue(error, 'code');
  return typeof code === 'string' ? code : undefined;
}
