import type { Socket } from 'node:net';
import type { CallSite } from '../../connection/call-site.ts';
import type { CloseReason } from '../../connection/census.ts';
import { closeReason, undiciReason } from './close-reason.ts';
import type { Entry } from './entry.ts';
import type { Registry } from './registry.ts';
import type { Requests } from './requests.ts';
import { innerSocketOf } from './tcp-handle.ts';

/** Why connections are closed, asked at the moment at which it shows. */
export class CloseReasons {
  readonly #registry: Registry;
  readonly #requests: Requests;
  /** Of those whose TLS socket went first: the one under it is closed for no reason of its own. */
  readonly #ofOuter = new WeakMap<Entry, CloseReason>();

  constructor(registry: Registry, requests: Requests) {
    this.#registry = registry;
    this.#requests = requests;
  }

  /** A socket is destroyed that is no connection itself: it may encrypt over one. */
  outerCloses(outer: Socket, error: unknown): void {
    const inner = innerSocketOf(outer);
    const entry = inner && this.#registry.entryOf(inner);
    if (entry) this.#ofOuter.set(entry, this.#now(outer, error));
  }

  of(entry: Entry, outermost: Socket, error: unknown): CloseReason {
    const known = outermost === entry.socket ? undefined : this.#ofOuter.get(entry);
    return known ?? this.#now(outermost, error);
  }

  /** Of the request that was on it last; a connection that was opened for another has a line of its own besides. */
  siteOf(outermost: Socket, error: unknown): CallSite | undefined {
    const { _httpMessage: request } = outermost as { _httpMessage?: object | null };
    if (request) return this.#requests.siteOf(request);
    return hasError(error) ? this.#requests.undiciRequest(outermost)?.site : undefined;
  }

  #now(socket: Socket, error: unknown): CloseReason {
    const undici = hasError(error) && this.#requests.isUndici(socket);
    return undici ? undiciReason(socket, error, this.#requests.undiciRequest(socket)) : closeReason(socket);
  }
}

/** undici destroys none of its sockets without; most others are closed so, and need not be asked whose they are. */
function hasError(error: unknown): boolean {
  return error !== null && error !== undefined;
}
