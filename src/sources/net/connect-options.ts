import type { Endpoint } from '../../tcp/endpoint.ts';
import { plainValue } from './plain-value.ts';

/** Of what connect() is given. */
export interface ConnectOptions {
  readonly host: unknown;
  readonly port: unknown;
  readonly path: unknown;
  /** lib/_http_agent.js: the pool that the socket is for. */
  readonly _agentKey: unknown;
}

/**
 * Of `connect(options)`, `connect(port, host)`, or the array that Node has normalised already. An accessor of the
 * application is not asked: how often it is called is the application's to notice.
 */
export function connectOptions([first, second]: readonly unknown[]): ConnectOptions {
  const options: unknown = Array.isArray(first) ? first[0] : first;
  if (typeof options !== 'object') return { host: second, port: options, path: undefined, _agentKey: undefined };
  return {
    host: plainValue(options, 'host'),
    port: plainValue(options, 'port'),
    path: plainValue(options, 'path'),
    _agentKey: plainValue(options, '_agentKey'),
  };
}

/** Undefined for a path, and for what is no port. Nothing of the application's is converted: it would notice. */
export function requestedEndpoint({ host, port, path }: ConnectOptions): Endpoint | undefined {
  if (path || (typeof port !== 'number' && typeof port !== 'string')) return undefined;
  const number = Number(port);
  if (!Number.isInteger(number)) return undefined;
  return { address: typeof host === 'string' && host !== '' ? host : 'localhost', port: number };
}
