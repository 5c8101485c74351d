import type { Server } from 'node:net';
import type { CallSite } from '../../connection/call-site.ts';
import type { ListenerFact } from '../../connection/host-fact.ts';
import type { KernelSockets } from '../../ffi/kernel-sockets.ts';
import { type Endpoint, endpoint } from '../../tcp/endpoint.ts';
import { cookieFromNumber, type SocketIdentity } from '../../tcp/identity.ts';
import { listenTo } from './channel.ts';
import { plainValue } from './plain-value.ts';
import { inodeOf, type TcpHandle } from './tcp-handle.ts';

/** A TCP server of this thread that listens, as it is now. */
export interface Listener
  extends Pick<ListenerFact, 'maxConnections' | 'connections' | 'cluster' | 'site'>,
    Pick<SocketIdentity, 'cookie' | 'inode'> {
  readonly local: Endpoint;
  /** That listen() was given by name; undefined where it was not, and Node asks for 511. */
  readonly backlog: number | undefined;
  /** -1 where the descriptor is another process's: in a worker of a cluster, whose primary accepts for it. */
  readonly fd: number;
}

export interface ListenersPorts {
  readonly kernel: () => KernelSockets | undefined;
  readonly siteOf: (server: Server) => CallSite | undefined;
  readonly fault: (where: string, error: unknown) => void;
}

/** What a server listens on: a TCP handle, or what a worker of a cluster has in its place. */
type ListenHandle = Pick<TcpHandle, 'getsockname'> & Partial<TcpHandle>;

/** Neither is kept alive: Node itself holds the handle of a server for as long as it listens. */
interface Known {
  readonly handle: WeakRef<ListenHandle>;
  readonly server: WeakRef<Server>;
  readonly backlog: number | undefined;
  readonly site: CallSite | undefined;
  readonly local: Endpoint;
  identity: Pick<Listener, 'cookie' | 'inode'> | undefined;
}

/** More servers than this in one thread are not watched. */
const mostListeners = 256;

/** The TCP servers of this thread that listen. */
export class Listeners {
  readonly #ports: ListenersPorts;
  readonly #asked = new WeakMap<Server, number>();
  #known: Known[] = [];

  constructor(ports: ListenersPorts) {
    this.#ports = ports;
  }

  /** Hears of each from now on. Returns what ends that. */
  install(): () => void {
    const { fault } = this.#ports;
    const undo = [
      listenTo('tracing:net.server.listen:asyncStart', fault, ({ server, options }) => {
        const backlog = plainValue(options, 'backlog');
        // Node takes any falsy one for none.
        if (typeof backlog === 'number' && backlog > 0) this.#asked.set(server as Server, backlog);
        else this.#asked.delete(server as Server);
      }),
      // A primary of a cluster takes the handle out of the server soon after.
      listenTo('tracing:net.server.listen:asyncEnd', fault, ({ server }) => this.#opened(server as Server)),
    ];
    return () => undo.forEach((act) => void act());
  }

  /** Those that listen now. */
  now(): readonly Listener[] {
    const listeners: Listener[] = [];
    this.#known = this.#known.filter((known) => {
      const listener = this.#asItIs(known);
      if (listener) listeners.push(listener);
      return listener !== undefined;
    });
    return listeners;
  }

  #opened(server: Server): void {
    const handle = handleOf(server);
    const local = handle && nameOf(handle);
    if (handle === undefined || local === undefined) return;
    if (this.#known.length >= mostListeners) this.#known = this.#known.filter((known) => isListening(known));
    if (this.#known.length >= mostListeners) return;
    this.#known.push({
      handle: new WeakRef(handle),
      server: new WeakRef(server),
      backlog: this.#asked.get(server),
      site: this.#ports.siteOf(server),
      local,
      identity: undefined,
    });
  }

  #asItIs(known: Known): Listener | undefined {
    const handle = known.handle.deref();
    if (handle === undefined || !isListening(known)) return undefined;
    const server = known.server.deref();
    const fd = handle.fd ?? -1;
    known.identity ??= this.#identityOf(fd);
    const { local, backlog, site, identity } = known;
    return {
      local,
      backlog,
      site,
      ...identity,
      fd,
      cluster: clusterRole(handle, server),
      maxConnections: numberIn(server, 'maxConnections'),
      connections: numberIn(server, '_connections'),
    };
  }

  /** Both of its names, where there are: one source knows it by the one, another by the other. */
  #identityOf(fd: number): Pick<Listener, 'cookie' | 'inode'> {
    if (fd < 0) return {};
    return { cookie: cookieFromNumber(this.#ports.kernel()?.cookie(fd) ?? 0), inode: inodeOf(fd) };
  }
}

function handleOf(server: Server | undefined): ListenHandle | undefined {
  return (server as { _handle?: ListenHandle | null } | undefined)?._handle ?? undefined;
}

/** Undefined for a pipe, which has no port. */
function nameOf(handle: ListenHandle): Endpoint | undefined {
  if (typeof handle.getsockname !== 'function') return undefined;
  const out: { address?: string; port?: number } = {};
  if (handle.getsockname(out) !== 0 || out.address === undefined || out.port === undefined) return undefined;
  return endpoint(out.address, out.port);
}

/** Without a descriptor of its own, it lasts as long as its server has it. */
function isListening({ handle: kept, server }: Known): boolean {
  const handle = kept.deref();
  if (handle === undefined) return false;
  return handle.fd === undefined ? handleOf(server.deref()) === handle : handle.fd >= 0;
}

/**
 * A worker's handle has a `close` of its own (lib/internal/cluster/child.js, shared and rr); out of a primary's server
 * the handle was taken (lib/internal/cluster/round_robin_handle.js).
 */
function clusterRole(handle: ListenHandle, server: Server | undefined): Listener['cluster'] {
  if (Object.hasOwn(handle, 'close')) return 'worker';
  return handleOf(server) === handle ? undefined : 'primary';
}

function numberIn(server: Server | undefined, name: string): number | undefined {
  const value = plainValue(server, name);
  return typeof value === 'number' ? value : undefined;
}
