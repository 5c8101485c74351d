import { type Endpoint, endpoint } from '../../tcp/endpoint.ts';
import type { ConnectCall } from './connect-call.ts';
import { plainValue } from './plain-value.ts';

/** The first argument of connect(), or that of the array which Node has normalised already. */
export function optionsOf(args: readonly unknown[]): unknown {
  const first = args[0];
  return Array.isArray(first) ? first[0] : first;
}

/**
 * What `connect(options)` or `connect(port, host)` asks for; undefined for a path, and for what is no port. An accessor
 * of the application is not asked and nothing is converted: how often that happens is the application's to notice.
 */
export function requestedEndpoint(args: readonly unknown[]): Endpoint | undefined {
  const options = optionsOf(args);
  if (typeof options !== 'object') return requested(args[1], options);
  if (plainValue(options, 'path')) return undefined;
  return requested(plainValue(options, 'host'), plainValue(options, 'port'));
}

/**
 * Where the SYN goes to: one object for it and for what was asked for, where these are the same, and for connections to
 * a place that others have gone to lately.
 */
export function peerOf(call: ConnectCall | undefined, address: string, port: number): Endpoint {
  const requested = call?.requested;
  if (requested?.address === address && requested.port === port) return requested;
  return shared(peers, endpoint(address, port));
}

/** connect() to one of these goes to the loopback address, which only the kernel then tells. */
export function goesToLoopback({ peer }: { readonly peer: Endpoint | undefined }): boolean {
  return peer !== undefined && unspecified.has(peer.address);
}

const unspecified = new Set(['0.0.0.0', '::']);

function requested(host: unknown, port: unknown): Endpoint | undefined {
  if (typeof port !== 'number' && typeof port !== 'string') return undefined;
  const number = Number(port);
  if (!Number.isInteger(number)) return undefined;
  const address = typeof host === 'string' && host !== '' ? host : 'localhost';
  return shared(asked, { address, port: number });
}

/** A pool opens many connections to few places: each is one object, and not one for each connection. */
const mostRecent = 8;
const peers: Endpoint[] = [];
const asked: Endpoint[] = [];

function shared(recent: Endpoint[], fresh: Endpoint): Endpoint {
  const known = recent.find(({ address, port }) => port === fresh.port && address === fresh.address);
  if (known) return known;
  if (recent.length >= mostRecent) recent.shift();
  recent.push(fresh);
  return fresh;
}
