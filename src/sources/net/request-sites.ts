import type { Socket } from 'node:net';
import type { CallSite } from '../../connection/observation.ts';
import type { CallSites } from './call-site.ts';
import { listenTo } from './channel.ts';
import { wrapMethod } from './wrap.ts';

/** The request that undici last put on a socket. */
export interface UndiciRequest {
  readonly method: string;
  readonly path: string;
  readonly site: CallSite | undefined;
  /** 1 for the first request on this socket. */
  readonly nth: number;
}

type Fault = (where: string, error: unknown) => void;

/**
 * Where requests come from. A pooled connection serves many, and is often opened on behalf of another than the one
 * that leaks, so the blame goes to the request that is on the socket now, remembered when it was made.
 */
export class RequestSites {
  readonly #sites = new WeakMap<object, CallSite>();
  readonly #undici = new WeakMap<Socket, UndiciRequest | undefined>();
  readonly #captured: CallSites;
  readonly #fault: Fault;
  readonly #undo: (() => void)[] = [];

  constructor(captured: CallSites, fault: Fault) {
    this.#captured = captured;
    this.#fault = fault;
  }

  install(): () => void {
    // Node 22 and later tell of each client request while its caller is still on the stack.
    this.#subscribe('http.client.request.created', (message) => this.#remember(message.request as object));
    const stopWaiting = this.#subscribe('http.client.request.start', () => {
      stopWaiting();
      if (Number(process.versions.node.split('.')[0]) < 22) this.#wrapAgent();
    });
    this.#subscribe('undici:request:create', (message) => this.#remember(message.request as object));
    this.#subscribe('undici:client:connected', (message) => this.#undici.set(message.socket as Socket, undefined));
    this.#subscribe('undici:client:sendHeaders', (message) => {
      const request = message.request as { method: string; path: string };
      const { method, path } = request;
      const socket = message.socket as Socket;
      const nth = (this.#undici.get(socket)?.nth ?? 0) + 1;
      this.#undici.set(socket, { method, path, site: this.#sites.get(request), nth });
    });
    return () => {
      for (const undo of this.#undo.splice(0)) undo();
    };
  }

  /** Of a `http.ClientRequest` or an undici request. */
  siteOf(request: object): CallSite | undefined {
    return this.#sites.get(request);
  }

  isUndici(socket: Socket): boolean {
    return this.#undici.has(socket);
  }

  undiciRequest(socket: Socket): UndiciRequest | undefined {
    return this.#undici.get(socket);
  }

  #remember(request: object): void {
    const site = this.#captured.capture(this.#remember);
    if (site) this.#sites.set(request, site);
  }

  /** Node 20 has no channel for it. Loaded only now: at the first request, node:http is there already. */
  #wrapAgent(): void {
    const http = process.getBuiltinModule('node:http');
    const sites = this;
    this.#undo.push(
      wrapMethod(http.Agent.prototype, 'addRequest', (original, active) => {
        return function addRequest(this: unknown, ...args: unknown[]): unknown {
          try {
            if (active()) sites.#remember(args[0] as object);
          } catch (error) {
            sites.#fault('addRequest', error);
          }
          return Reflect.apply(original, this, args);
        };
      }),
    );
  }

  #subscribe(name: string, listener: (message: Record<string, unknown>) => void): () => void {
    const stop = listenTo(name, this.#fault, listener);
    this.#undo.push(stop);
    return stop;
  }
}
