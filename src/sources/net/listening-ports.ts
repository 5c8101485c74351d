import type { Server, Socket } from 'node:net';
import { serverOf } from './node-socket.ts';
import { plainValue } from './plain-value.ts';

/** The ports that servers listen on. Each is asked for once: its connections may close by the thousand. */
export class ListeningPorts {
  readonly #known = new WeakMap<Server, number>();

  /** Of the server that accepted this socket; 0 where that is not known any more. */
  of(socket: Socket): number {
    const server = serverOf(socket);
    if (server === undefined) return 0;
    const known = this.#known.get(server);
    if (known !== undefined) return known;
    const port = portOf(server);
    if (port > 0) this.#known.set(server, port);
    return port;
  }
}

/** By its handle, which a worker of a cluster has one of that only looks so. */
function portOf(server: Server): number {
  const handle = plainValue(server, '_handle');
  const getsockname: unknown = handle && Reflect.get(handle, 'getsockname');
  if (typeof getsockname !== 'function') return 0;
  const name: { port?: unknown } = {};
  Reflect.apply(getsockname, handle, [name]);
  return typeof name.port === 'number' ? name.port : 0;
}
