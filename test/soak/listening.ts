import { once } from 'node:events';
import type { AddressInfo, ListenOptions, Server } from 'node:net';

export const host = '127.0.0.1';

/**
 * For so long servers keep an idle connection. Clients give up long before, so that on a busy host too no request meets
 * the goodbye of a server.
 */
export const keepMs = 20_000;

/** Listens on loopback, and says on which port. */
export async function listening(server: Server, options: ListenOptions = {}): Promise<number> {
  server.listen({ port: 0, host, ...options });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
