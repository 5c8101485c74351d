import type { Socket } from 'node:net';
import type { CallSite } from '../../connection/call-site.ts';
import type { Endpoint } from '../../tcp/endpoint.ts';
import type { Instant } from '../../tcp/identity.ts';
import { Agents } from './agents.ts';
import type { CallSites } from './call-site.ts';
import { listenTo } from './channel.ts';
import type { ServedRequest } from './served-request.ts';
import { wrapMethod } from './wrap.ts';

/** The request that undici last put on a socket. */
export interface UndiciRequest {
  readonly method: string;
  readonly path: string;
  readonly site: CallSite | undefined;
  /** 1 for the first request on this socket. */
  readonly nth: number;
  /** The caller does not want the connection to be kept: `connection: close`. */
  readonly reset: boolean;
  /** Head and body; undefined where the body's length is not known beforehand. */
  readonly bytes: number | undefined;
}

/** What is remembered of a request from the moment at which it was made. */
interface Made {
  readonly at: Instant;
  readonly site: CallSite | undefined;
  /** The telemetry context of the caller; undefined where there is no telemetry. */
  readonly context: unknown;
}

export interface RequestPorts {
  readonly now: () => Instant;
  readonly sites: CallSites;
  readonly captureContext: () => { readonly context: unknown; readonly suppressed: boolean };
  /** undici made a request, and tells everybody who listens. */
  readonly undiciMade: (request: object) => void;
  readonly served: (socket: Socket, served: ServedRequest) => void;
  /** The first request on this socket is known now. */
  readonly assigned: (socket: Socket, context: unknown) => void;
  readonly fault: (where: string, error: unknown) => void;
}

/**
 * Where requests come from. A pooled connection serves many, and is often opened on behalf of another than the one
 * that leaks, so the blame goes to the request that is on the socket now, remembered when it was made.
 */
export class Requests {
  readonly agents: Agents;
  readonly #made = new WeakMap<object, Made>();
  readonly #undici = new WeakMap<Socket, UndiciRequest | undefined>();
  readonly #busyBefore = new WeakSet<Socket>();
  readonly #linked = new WeakSet<object>();
  readonly #ports: RequestPorts;
  readonly #undo: (() => void)[] = [];
  /** Where undici said that it is about to connect to; its connect() comes in the same turn. */
  #undiciConnects: { readonly hostname?: unknown; readonly port?: unknown } | undefined;
  /** Node 20 tells of no request that is made: the first one shows only by its connect(). */
  #first: { readonly socket: WeakRef<Socket>; readonly made: Made } | undefined;
  #installed = false;
  #stopHearingOfUndici = () => {};
  #mustWrapAgent = Number(process.versions.node.split('.')[0]) < 22;

  constructor(ports: RequestPorts) {
    this.#ports = ports;
    this.agents = new Agents(ports.now);
  }

  install(): () => void {
    this.#installed = true;
    // Node 22 and later tell of each client request while its caller is still on the stack.
    this.#subscribe('http.client.request.created', (message) => this.#remember(message.request as object));
    this.#subscribe('http.client.response.finish', (message) => this.#answered(message.request as ClientRequest));
    // On Node 20 there is no such channel: what fails there with its socket still open is not linked.
    this.#subscribe('http.client.request.error', (message) => this.#answered(message.request as ClientRequest));
    this.#hearOfUndici();
    this.#subscribe('undici:client:beforeConnect', (message) => {
      this.#undiciConnects = message.connectParams as object;
    });
    this.#subscribe('undici:client:connected', (message) => {
      this.#undici.set(message.socket as Socket, undefined);
      this.agents.connectedByUndici(message.socket as Socket);
    });
    this.#subscribe('undici:client:sendHeaders', (message) =>
      this.#sent(message.request as SentRequest, message.headers, message.socket as Socket),
    );
    return () => {
      this.#installed = false;
      this.#stopHearingOfUndici();
      for (const undo of this.#undo.splice(0)) undo();
    };
  }

  /** To hear of undici's requests after everybody else who listens now. */
  listenLast(): void {
    // Not while it is being told of one.
    queueMicrotask(() => {
      if (this.#installed) this.#hearOfUndici();
    });
  }

  /** The socket is about to be destroyed: a request that is still on it will not hear of its connection any more. */
  ending(socket: Socket): void {
    const { _httpMessage: request } = socket as { _httpMessage?: ClientRequest | null };
    if (request) this.#served(request, socket, 'http', request.reusedSocket === true);
  }

  /** Of a `http.ClientRequest` or an undici request. */
  siteOf(request: object): CallSite | undefined {
    return this.#made.get(request)?.site;
  }

  /** The telemetry context in which a `http.ClientRequest` was made. */
  contextOf(request: object): unknown {
    return this.#made.get(request)?.context;
  }

  isUndici(socket: Socket): boolean {
    return this.#undici.has(socket);
  }

  undiciRequest(socket: Socket): UndiciRequest | undefined {
    return this.#undici.get(socket);
  }

  /**
   * The application, or a library of its, calls connect(). Says whether undici does, which opens connections for
   * requests that may be others than the one on whose behalf it is called.
   */
  connecting(socket: Socket, options: object, requested: Endpoint, context: unknown): boolean {
    // A http.Agent's: node:http is loaded.
    if (this.agents.connecting(socket, options) && this.#mustWrapAgent) {
      this.#wrapAgent();
      const made = { at: this.#ports.now(), site: undefined, context };
      this.#first = { socket: new WeakRef(socket), made };
    }
    const undici = this.#undiciConnects;
    this.#undiciConnects = undefined;
    if (undici === undefined) return false;
    const samePort = !undici.port || Number(undici.port) === requested.port;
    return undici.hostname === requested.address && samePort;
  }

  #remember(request: object): void {
    const { sites, now, captureContext } = this.#ports;
    const { context, suppressed } = captureContext();
    if (suppressed) return;
    const site = sites.capture(this.#remember);
    if (site || context !== undefined) this.#made.set(request, { at: now(), site, context });
  }

  #hearOfUndici(): void {
    this.#stopHearingOfUndici();
    this.#stopHearingOfUndici = listenTo('undici:request:create', this.#ports.fault, (message) => {
      this.#remember(message.request as object);
      this.#ports.undiciMade(message.request as object);
    });
  }

  /** An answer has come, or an error: the span of the request is still open. */
  #answered(request: ClientRequest): void {
    const { socket } = request;
    if (socket) this.#served(request, socket, 'http', request.reusedSocket === true);
  }

  #sent(request: SentRequest, head: unknown, socket: Socket): void {
    const { method, path } = request;
    const nth = (this.#undici.get(socket)?.nth ?? 0) + 1;
    const made = this.#made.get(request);
    this.#undici.set(socket, {
      method,
      path,
      site: made?.site,
      nth,
      bytes: bytesOf(request, head),
      reset: request.reset === true,
    });
    if (nth === 1) this.#ports.assigned(socket, made?.context);
    this.#served(request, socket, 'undici', nth > 1);
  }

  #served(request: object, socket: Socket, by: ServedRequest['by'], reused: boolean): void {
    const first = this.#first?.socket.deref() === socket ? this.#first.made : undefined;
    if (first) this.#first = undefined;
    const made = this.#made.get(request) ?? first;
    if (made?.context === undefined || this.#linked.has(request)) return;
    this.#linked.add(request);
    const again = reused || this.#busyBefore.has(socket);
    this.#busyBefore.add(socket);
    this.#ports.served(socket, { by, request, context: made.context, madeAt: made.at, reused: again });
  }

  /** Loaded only now: when a http.Agent connects, node:http is there already. */
  #wrapAgent(): void {
    this.#mustWrapAgent = false;
    const http = process.getBuiltinModule('node:http');
    const requests = this;
    this.#undo.push(
      wrapMethod(http.Agent.prototype, 'addRequest', (original, active) => {
        return function addRequest(this: unknown, ...args: unknown[]): unknown {
          try {
            if (active()) requests.#remember(args[0] as object);
          } catch (error) {
            requests.#ports.fault('addRequest', error);
          }
          return Reflect.apply(original, this, args);
        };
      }),
    );
  }

  #subscribe(name: string, listener: (message: Record<string, unknown>) => void): void {
    this.#undo.push(listenTo(name, this.#ports.fault, listener));
  }
}

/** Node's `http.ClientRequest`, as far as it is read here. */
interface ClientRequest {
  readonly socket?: Socket | null;
  readonly reusedSocket?: boolean;
}

/** undici's, as far as it is read here. */
interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly contentLength?: number | null;
  /** Set by a header `connection: close`. */
  readonly reset?: unknown;
}

function bytesOf({ body, contentLength }: SentRequest, head: unknown): number | undefined {
  const length = body === null ? 0 : contentLength;
  return typeof head === 'string' && typeof length === 'number' ? head.length + length : undefined;
}
