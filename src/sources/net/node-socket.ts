import type { Server, Socket } from 'node:net';
import { type Endpoint, endpoint } from '../../tcp/endpoint.ts';
import type { ConnectCall } from './entry.ts';

/** `connect(options)`, `connect(port, host)`, or the array that Node has normalised already; not a path. */
export function requestedEndpoint(args: unknown[]): Endpoint | undefined {
  const first = optionsOf(args);
  if (typeof first === 'object' && first !== null) {
    const { host, port, path } = first as { host?: unknown; port?: unknown; path?: unknown };
    if (path || port === undefined) return undefined;
    return { address: typeof host === 'string' && host !== '' ? host : 'localhost', port: Number(port) };
  }
  const port = Number(first);
  if (!Number.isInteger(port)) return undefined;
  return { address: typeof args[1] === 'string' ? args[1] : 'localhost', port };
}

export function optionsOf(args: unknown[]): unknown {
  const first = args[0];
  return Array.isArray(first) ? first[0] : first;
}

/** Not imported: on Node 22 and later an import of node:util runs a getter that opens the host's `process.stderr`. */
export function errorName(status: number): string {
  return process.getBuiltinModule('node:util').getSystemErrorName(status);
}

export function serverOf(socket: Socket): Server | undefined {
  return (socket as { server?: Server | null }).server ?? undefined;
}

export function errorCode(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Where the SYN goes to: one object for it and for what was asked for, where these are the same. */
export function peerOf(call: ConnectCall | undefined, address: string, port: number): Endpoint {
  const requested = call?.requested;
  return requested?.address === address && requested.port === port ? requested : endpoint(address, port);
}
