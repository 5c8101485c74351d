import { Socket } from 'node:net';
import type { CallSite } from '../../connection/call-site.ts';
import type { PortFailure } from '../../connection/host-fact.ts';
import type { Role } from '../../connection/lifecycle.ts';
import type { Inspected, SocketRef } from '../../connection/observation.ts';
import { unreadBytes } from '../../connection/teardown.ts';
import type { NotSupportedError } from '../../errors.ts';
import type { SocketCookie, SocketIdentity } from '../../tcp/identity.ts';
import type { TcpState } from '../../tcp/state.ts';
import { Slices } from '../slices.ts';
import type { OwnSocket, Report, Source } from '../source.ts';
import { type AgentSocket, agentSockets } from './agent-sockets.ts';
import type { Entry } from './entry.ts';
import { installHook } from './hook.ts';
import type { HookPorts } from './hook-ports.ts';
import type { LeakedParts } from './leaked-socket.ts';
import { type Listener, Listeners } from './listeners.ts';
import { Measures, roleOf } from './measures.ts';
import { PortFailures } from './port-failures.ts';
import { Registry } from './registry.ts';
import { Requests } from './requests.ts';
import type { ServedRequest } from './served-request.ts';
import { readSignals } from './signals.ts';
import { SocketLife } from './socket-life.ts';
import { identify, innerSocketOf, isOpen, tcpHandleOf } from './tcp-handle.ts';
import { assign } from './telling.ts';

export interface NetSourceOptions extends Omit<HookPorts, 'report' | 'requests' | 'portFailures' | 'measures'> {
  /** undici made a request, and tells everybody who listens. */
  readonly undiciMade: (request: object) => void;
  readonly served: (socket: SocketRef, request: ServedRequest) => void;
}

/** What JavaScript knows of this process's sockets: the hook, and the registry of what it saw. */
export class NetSource implements Source {
  readonly name = 'net';
  readonly #options: NetSourceOptions;
  readonly #registry = new Registry();
  readonly #requests: Requests;
  readonly #portFailures: PortFailures;
  /** What is measured of each of them. */
  readonly measures: Measures;
  #report: Report = () => {};
  #life: SocketLife | undefined;
  readonly #listeners: Listeners;

  constructor(options: NetSourceOptions) {
    this.#options = options;
    this.#listeners = new Listeners({ ...options, siteOf: (server) => this.#life?.siteOf(server) });
    this.#portFailures = new PortFailures(options.now);
    this.measures = new Measures(options);
    this.#requests = new Requests({
      ...options,
      served: (socket, request) => this.#withEntry(socket, ({ ref }) => options.served(ref, request)),
      assigned: (socket, context) =>
        this.#withEntry(socket, (entry) => assign(entry, context, { ...options, report: this.#report })),
    });
  }

  async probe(): Promise<NotSupportedError | undefined> {
    return undefined;
  }

  run(report: Report, signal: AbortSignal): Promise<void> {
    this.start(report, signal);
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** As `run`, but watching from this very line on: the next one may be the application's. */
  start(report: Report, signal: AbortSignal): void {
    this.#report = report;
    const [requests, portFailures] = [this.#requests, this.#portFailures];
    const ports = { ...this.#options, requests, portFailures, measures: this.measures, report };
    this.#life = new SocketLife(this.#registry, ports);
    const undo = [installHook(this.#life, ports), this.#listeners.install(), requests.install()];
    signal.addEventListener('abort', () => undo.forEach((act) => void act()), { once: true });
  }

  /** To hear of undici's requests after everybody else who listens now. */
  listenLast(): void {
    this.#requests.listenLast();
  }

  /**
   * The connections that this process has a descriptor for, oldest first; those that come during the walk are left out.
   * Undefined stands for one that is not there any more: the walk can pause there too. Sockets that came with a
   * connected handle and that no server has announced came from elsewhere: they are adopted on the way.
   */
  *ownSockets(report: Report): Generator<OwnSocket | undefined> {
    const last = this.#registry.nextRef();
    for (const entry of this.#registry.live()) {
      if (entry.number > last) return;
      this.#life?.settle(entry);
      if (entry.unclaimed) this.#adopt(entry, report);
      if (!wasHandedOver(entry)) {
        yield entry;
        continue;
      }
      this.#registry.remove(entry);
      const at = this.#options.now();
      if (entry.told) report({ kind: 'socket_event', event: 'handed_over', socket: entry.number, at });
      yield undefined;
    }
  }

  /** The connections that this process has a descriptor for; where the tracker knows nothing of one, nothing is wrong. */
  *held(): Generator<{ readonly number: SocketRef; readonly role: Role; readonly state: TcpState }> {
    const last = this.#registry.nextRef();
    for (const entry of this.#registry.live()) {
      const { number, phase, awaited, unclaimed } = entry;
      if (number > last) return;
      // It may be open without anybody having looked.
      const { connecting, destroyed } = entry.socket;
      const isOpen = phase === 'open' || !(awaited || connecting || destroyed);
      yield { number, role: unclaimed ? 'unknown' : roleOf(entry), state: isOpen ? 'established' : 'syn_sent' };
    }
  }

  /** The tracker knows of it, and its descriptor is open. */
  readonly holds = (ref: SocketRef): boolean => this.#registry.get(ref) !== undefined;

  /** Has the tracker know of every connection. */
  tellAll(): void {
    for (const entry of this.#registry.live()) {
      this.#life?.settle(entry);
      if (!wasHandedOver(entry)) this.#registry.tell(entry);
    }
  }

  /** Has the tracker know of those that have one of these cookies. */
  tellThese(cookies: ReadonlySet<SocketCookie>): void {
    if (cookies.size === 0) return;
    for (const entry of this.#registry.untold(cookies)) this.#registry.tell(entry);
  }

  /** Which of these descriptors a JavaScript socket of this thread has. The tracker is made to know of each. */
  holding(descriptors: readonly number[]): readonly number[] {
    const wanted = new Set(descriptors);
    const held: number[] = [];
    for (const entry of this.#registry.live()) {
      if (!wanted.has(entry.fd)) continue;
      this.#registry.tell(entry);
      held.push(entry.fd);
    }
    return held;
  }

  /** The TCP servers of this thread that listen now. */
  listeners(): readonly Listener[] {
    return this.#listeners.now();
  }

  /** So many agents of HTTP clients have opened connections. */
  get agentsOpened(): number {
    return this.#requests.agents.opened;
  }

  /** The connections of this thread that belong to such agents; undefined stands for any other. */
  agentSockets(): Generator<AgentSocket | undefined> {
    return agentSockets(this.#registry, this.#requests, this.#options.kernel());
  }

  /** How often something was seen to happen to a connection. */
  get seen(): number {
    return this.#registry.seen;
  }

  /** Attempts to connect for which there was no local port, since this was last asked. */
  takePortFailures(): Iterable<PortFailure> {
    return this.#portFailures.take();
  }

  /** What JavaScript knows of one of them now; undefined when it is gone. */
  inspect(ref: number): Inspected | undefined {
    const entry = this.#registry.get(ref);
    if (entry === undefined) return undefined;
    const outermost = this.#registry.outermost(entry);
    return {
      kind: 'socket_event',
      event: 'inspected',
      socket: ref,
      at: this.#options.now(),
      signals: readSignals(entry, outermost, this.#requests),
      site: this.#siteOf(outermost),
    };
  }

  /** One of them, for whoever means to close it; undefined when it is gone. */
  leakedSocket(ref: SocketRef): LeakedParts | undefined {
    const entry = this.#registry.get(ref);
    if (entry === undefined || wasHandedOver(entry)) return undefined;
    const socket = this.#registry.outermost(entry);
    return { entry, socket, requests: this.#requests, kernel: this.#options.kernel() };
  }

  /** Looks among Node's active handles for sockets that were opened before the hook. The slices go on when this is over. */
  async adoptActive(report: Report, slices = new Slices(this.#options.now)): Promise<void> {
    const { _getActiveHandles } = process as unknown as { _getActiveHandles?: () => unknown[] };
    slices.begin();
    for (const active of _getActiveHandles?.call(process) ?? []) {
      if (slices.isOver()) await slices.rest();
      if (!(active instanceof Socket) || this.#registry.entryOf(active)) continue;
      const handle = tcpHandleOf(active);
      if (handle === undefined || !isOpen(handle)) continue;
      const entry = this.#registry.add(active, handle, 'open', this.#options.now());
      entry.unclaimed = true;
      this.#adopt(entry, report);
    }
  }

  /** A descriptor of this process for which no JavaScript socket of this thread stands; `unaccepted`: not even that. */
  adoptDescriptor(id: SocketIdentity, report: Report, unaccepted = false): void {
    const socket = this.#registry.nextRef();
    const at = this.#options.now();
    report({ kind: 'socket_event', event: 'adopted', socket, at, id, inJavaScript: false, unaccepted });
  }

  #withEntry(socket: Socket, act: (entry: Entry) => void): void {
    const entry = this.#registry.entryOf(innerSocketOf(socket) ?? socket);
    if (entry) act(entry);
  }

  #adopt(entry: Entry, report: Report): void {
    const { handle, number: socket, at } = entry;
    const kernel = this.#options.kernel();
    const id = identify(handle, kernel);
    // A socket that listens, or is yet to connect.
    if (id.tuple === undefined) return;
    // What was read by whoever had it before is not in this handle's count.
    const received = unreadBytes(kernel?.tcpInfo(handle.fd), 0) ?? 0;
    const unread = kernel?.unread(handle.fd) ?? 0;
    entry.receivedBefore = Math.max(0, received - unread - handle.bytesRead);
    entry.unclaimed = false;
    this.#registry.adopted(entry);
    report({ kind: 'socket_event', event: 'adopted', socket, at, id, inJavaScript: true });
  }

  /** Of the request that is on the socket. A reused connection was opened for another: its own site would be a lie. */
  #siteOf(socket: Socket): CallSite | null | undefined {
    const request = (socket as { _httpMessage?: { reusedSocket?: boolean } | null })._httpMessage;
    if (request) return this.#requests.siteOf(request) ?? (request.reusedSocket ? null : undefined);
    const fetched = this.#requests.undiciRequest(socket);
    return fetched?.site ?? (fetched && fetched.nth > 1 ? null : undefined);
  }
}

/** `subprocess.send(message, socket)` takes the handle away without destroying the socket. */
function wasHandedOver({ socket, handle }: Entry): boolean {
  return tcpHandleOf(socket) !== handle;
}
