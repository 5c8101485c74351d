import { once } from 'node:events';
import type { AddressInfo, ListenOptions, Server } from 'node:net';

export const host = '127.0.0.1';

/** Listens on loopback, and says on which port. */
export async function listening(server: Server, options: ListenOptions = {}): Promise<number> {
  server.listen({ port: 0, host, ...options });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
