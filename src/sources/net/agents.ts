import type { Socket } from 'node:net';
import type { Instant } from '../../tcp/identity.ts';
import { internalOf } from './internal.ts';
import { plainValue } from './plain-value.ts';

/** A pool of connections that the application made: a `http.Agent`, or undici's for one origin. */
export interface AgentUse {
  /** It opened its first connection. */
  readonly firstAt: Instant;
}

/**
 * Which agent a client connection belongs to. Known when it is opened, and kept by the socket alone: an agent is not
 * held, and neither is anything of it. The global `http.Agent` is none: it is there once.
 */
export class Agents {
  readonly #uses = new WeakMap<object, AgentUse>();
  readonly #sockets = new WeakMap<Socket, AgentUse>();
  readonly #now: () => Instant;
  /** So many have opened a connection since the start. */
  opened = 0;

  constructor(now: () => Instant) {
    this.#now = now;
  }

  /** The application, or a library of its, calls connect(). Says whether a `http.Agent` does. */
  connecting(socket: Socket, options: object): boolean {
    // lib/_http_agent.js, createSocket: the request's own options, the agent among them, and the pool's name.
    if (plainValue(options, '_agentKey') === undefined) return false;
    const agent = plainValue(options, 'agent');
    if (typeof agent === 'object' && agent !== null) this.#belongs(socket, agent);
    return true;
  }

  /** undici has a connection: its pool listens to the client that has the socket, with one function for all of them. */
  connectedByUndici(socket: Socket): void {
    const listener = plainValue(plainValue(internalOf(socket, 'client'), '_events'), 'connect');
    if (typeof listener === 'function') this.#belongs(socket, listener);
  }

  of(socket: Socket): AgentUse | undefined {
    return this.#sockets.get(socket);
  }

  #belongs(socket: Socket, agent: object): void {
    let use = this.#uses.get(agent);
    if (use === undefined) {
      use = { firstAt: this.#now() };
      this.#uses.set(agent, use);
      this.opened++;
    }
    this.#sockets.set(socket, use);
  }
}
