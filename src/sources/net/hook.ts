import diagnosticsChannel from 'node:diagnostics_channel';
import net, { type Server, type Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import type { CallSite } from '../../connection/observation.ts';
import type { KernelSockets } from '../../ffi/kernel-sockets.ts';
import { type Endpoint, endpoint } from '../../tcp/endpoint.ts';
import type { Instant } from '../../tcp/identity.ts';
import type { Report } from '../source.ts';
import { captureCallSite, type Sampler } from './call-site.ts';
import type { Entry, Registry } from './registry.ts';
import { identify, innerSocketOf, isOpen, type TcpHandle, tcpHandleOf, tcpHandlePrototype } from './tcp-handle.ts';
import { wrapMethod } from './wrap.ts';

/** What the hook is handed by whoever runs it. */
export interface HookPorts {
  readonly report: Report;
  readonly now: () => Instant;
  /** The telemetry context of the caller, and whether tracing is suppressed in it. */
  readonly captureContext: () => { readonly context: unknown; readonly suppressed: boolean };
  /** What the kernel tells of a descriptor, where this host lets us ask. */
  readonly kernel: () => KernelSockets | undefined;
  readonly sample: Sampler;
  /** The application has begun to use sockets: a server listens, or a connection came or goes. */
  readonly wake: () => void;
  /** An error of ours: never the application's business. */
  readonly fault: (where: string, error: unknown) => void;
}

/**
 * Watches the sockets of this process from inside: diagnostics channels, plain wraps of `net.Socket.prototype` and of
 * the TCP handle's `connect`, and the completion callback of each connect request. Adds no listener to any object of
 * the application and no property to its sockets. Returns what undoes it all.
 */
export function installHook(registry: Registry, ports: HookPorts): () => void {
  const hook = new Hook(registry, ports);
  return hook.install();
}

type ConnectRequest = { oncomplete?: unknown };

class Hook {
  readonly #registry: Registry;
  readonly #ports: HookPorts;
  readonly #listenSites = new WeakMap<Server, CallSite>();
  #undo: (() => void)[] = [];
  #nativeWrapped = false;

  constructor(registry: Registry, ports: HookPorts) {
    this.#registry = registry;
    this.#ports = ports;
  }

  install(): () => void {
    this.#wrapSocket();
    this.#subscribe('net.server.socket', (message) => this.#accepted(message.socket as Socket));
    const listening = (message: Record<string, unknown>) => {
      this.#ports.wake();
      if (!this.#ports.sample()) return;
      const site = captureCallSite(listening);
      if (site) this.#listenSites.set(message.server as Server, site);
    };
    this.#subscribe('tracing:net.server.listen:asyncStart', listening);
    return () => {
      for (const undo of this.#undo.splice(0)) undo();
    };
  }

  #subscribe(name: string, listener: (message: Record<string, unknown>) => void): void {
    const guarded = (message: unknown) => {
      try {
        listener(message as Record<string, unknown>);
      } catch (error) {
        this.#ports.fault(name, error);
      }
    };
    diagnosticsChannel.subscribe(name, guarded);
    this.#undo.push(() => diagnosticsChannel.unsubscribe(name, guarded));
  }

  #wrapSocket(): void {
    const hook = this;
    const { prototype } = net.Socket;
    this.#undo.push(
      wrapMethod(prototype, 'connect', (original, active) => {
        function connect(this: unknown, ...args: unknown[]): unknown {
          if (active()) hook.#guard('connect', () => hook.#calling(this as Socket, args, connect));
          return Reflect.apply(original, this, args);
        }
        return connect;
      }),
      // Node calls this for each socket that it makes and for each new handle of one (lib/net.js, initSocketHandle).
      wrapMethod(prototype, '_undestroy', (original, active) => {
        return function _undestroy(this: unknown): unknown {
          if (active()) hook.#guard('_undestroy', () => hook.#handle(this as Socket));
          return Reflect.apply(original, this, []);
        };
      }),
      wrapMethod(prototype, '_final', (original, active) => {
        return function _final(this: unknown, ...args: unknown[]): unknown {
          if (active()) hook.#guard('_final', () => hook.#ending(this as Socket));
          return Reflect.apply(original, this, args);
        };
      }),
      wrapMethod(prototype, '_destroy', (original, active) => {
        return function _destroy(this: unknown, ...args: unknown[]): unknown {
          if (active()) hook.#guard('_destroy', () => hook.#closing(this as Socket, args[0]));
          return Reflect.apply(original, this, args);
        };
      }),
    );
  }

  #wrapNative(): void {
    const prototype = tcpHandlePrototype();
    if (this.#nativeWrapped || prototype === undefined) return;
    this.#nativeWrapped = true;
    const hook = this;
    for (const method of ['connect', 'connect6'])
      this.#undo.push(
        wrapMethod(prototype, method, (original, active) => {
          return function connect(this: unknown, ...args: unknown[]): unknown {
            if (!active()) return Reflect.apply(original, this, args);
            const at = hook.#ports.now();
            const status = Reflect.apply(original, this, args);
            hook.#guard(method, () => hook.#attempted(this as TcpHandle, args, at, status as number));
            return status;
          };
        }),
      );
  }

  #guard(where: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#ports.fault(where, error);
    }
  }

  /** The application calls connect(): nothing is on the wire yet, the name look-up comes first. */
  #calling(socket: Socket, args: unknown[], below: (...args: never[]) => unknown): void {
    const requested = requestedEndpoint(args);
    if (requested === undefined) return;
    const { context, suppressed } = this.#ports.captureContext();
    const site = !suppressed && this.#ports.sample() ? captureCallSite(below) : undefined;
    this.#registry.called(socket, { at: this.#ports.now(), requested, context, suppressed, site, attempts: 0 });
  }

  /** A socket has a handle: a fresh one that is to be connected, or one that came connected. */
  #handle(socket: Socket): void {
    const handle = tcpHandleOf(socket);
    if (handle === undefined) {
      const inner = innerSocketOf(socket);
      if (inner) this.#registry.encrypted(inner, socket);
      return;
    }
    this.#wrapNative();
    this.#registry.handed(handle, socket);
    if (!isOpen(handle) || this.#registry.entryOf(socket)) return;
    const kernel = this.#ports.kernel();
    const id = identify(handle, kernel);
    if (id.tuple === undefined) return;
    const arrival = { at: this.#ports.now(), id, info: kernel?.tcpInfo(handle.fd) };
    this.#registry.add(socket, handle, 'open', arrival);
    this.#ports.wake();
  }

  /** connect(2) returned: with 0 the SYN is out, else the kernel would not even try. */
  #attempted(handle: TcpHandle, args: unknown[], at: Instant, status: number): void {
    const [request, address, port] = args as [ConnectRequest, string, number];
    const socket = this.#registry.socketOf(handle);
    if (socket === undefined) return;
    const call = this.#registry.callOf(socket);
    const before = this.#registry.entryOf(socket);
    // Happy eyeballs (RFC 8305): Node has closed the attempt before this one.
    if (before) this.#gone(before, undefined);
    const peer = endpoint(address, Number(port));
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
      site: call?.site,
    });
    if (status !== 0) this.#failed(entry, status);
    else this.#awaitCompletion(entry, request, unspecified.has(peer.address));
  }

  #awaitCompletion(entry: Entry, request: ConnectRequest, peerUnknown: boolean): void {
    const original = request.oncomplete;
    if (typeof original !== 'function') return;
    const hook = this;
    request.oncomplete = function oncomplete(this: unknown, ...args: unknown[]): unknown {
      hook.#guard('oncomplete', () => hook.#completed(entry, args[0] as number, peerUnknown));
      return Reflect.apply(original, this, args);
    };
  }

  #completed(entry: Entry, status: number, peerUnknown: boolean): void {
    if (this.#registry.entryOf(entry.socket) !== entry) return;
    if (status !== 0) {
      this.#failed(entry, status);
      return;
    }
    entry.phase = 'open';
    const kernel = this.#ports.kernel();
    this.#ports.report({
      kind: 'socket_event',
      event: 'connected',
      socket: entry.ref,
      at: this.#ports.now(),
      id: peerUnknown ? identify(entry.handle, kernel) : undefined,
      info: kernel?.tcpInfo(entry.handle.fd),
    });
  }

  #failed(entry: Entry, status: number): void {
    this.#registry.remove(entry);
    const error = getSystemErrorName(status);
    this.#ports.report({
      kind: 'socket_event',
      event: 'connect_failed',
      socket: entry.ref,
      at: this.#ports.now(),
      error,
    });
  }

  #accepted(socket: Socket): void {
    const entry = this.#registry.entryOf(socket);
    const arrival = entry && this.#registry.claim(entry);
    if (!entry || !arrival) return;
    const site = socketServer(socket);
    this.#ports.report({
      kind: 'socket_event',
      event: 'accepted',
      socket: entry.ref,
      ...arrival,
      site: site && this.#listenSites.get(site),
    });
  }

  #ending(socket: Socket): void {
    const inner = innerSocketOf(socket) ?? socket;
    const entry = this.#registry.entryOf(inner);
    if (entry?.phase !== 'open') return;
    const info = this.#ports.kernel()?.tcpInfo(entry.handle.fd);
    this.#ports.report({ kind: 'socket_event', event: 'ending', socket: entry.ref, at: this.#ports.now(), info });
  }

  #closing(socket: Socket, error: unknown): void {
    const entry = this.#registry.entryOf(socket);
    if (entry === undefined) return;
    // A 'connection' listener may destroy its socket before anybody hears of it.
    if (entry.arrival && socketServer(socket)) this.#accepted(socket);
    this.#gone(entry, errorCode(error), (socket as { resetAndClosing?: boolean }).resetAndClosing === true);
  }

  #gone(entry: Entry, error: string | undefined, reset = false): void {
    const { handle } = entry;
    this.#registry.remove(entry);
    this.#ports.report({
      kind: 'socket_event',
      event: 'closed',
      socket: entry.ref,
      at: this.#ports.now(),
      how: reset ? 'reset' : 'close',
      error,
      info: isOpen(handle) ? this.#ports.kernel()?.tcpInfo(handle.fd) : undefined,
      bytesRead: entry.receivedBefore + handle.bytesRead,
      bytesWritten: handle.bytesWritten,
    });
  }
}

/** connect() to one of these goes to the loopback address, which only the kernel then tells. */
const unspecified = new Set(['0.0.0.0', '::']);

/** `connect(options)`, `connect(port, host)`, or the array that Node has normalised already; not a path. */
function requestedEndpoint(args: unknown[]): Endpoint | undefined {
  const first = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (typeof first === 'object' && first !== null) {
    const { host, port, path } = first as { host?: unknown; port?: unknown; path?: unknown };
    if (path || port === undefined) return undefined;
    return { address: typeof host === 'string' && host !== '' ? host : 'localhost', port: Number(port) };
  }
  const port = Number(first);
  if (!Number.isInteger(port)) return undefined;
  return { address: typeof args[1] === 'string' ? args[1] : 'localhost', port };
}

function socketServer(socket: Socket): Server | undefined {
  return (socket as { server?: Server | null }).server ?? undefined;
}

function errorCode(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : undefined;
}
