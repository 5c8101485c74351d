import type { Socket } from 'node:net';
import type { CallSite } from '../../connection/call-site.ts';
import type { HostFact } from '../../connection/host-fact.ts';
import { lateRequest } from '../../connection/late-request.ts';
import { connectionId, type Instant } from '../../tcp/identity.ts';
import type { Entry } from './entry.ts';
import type { HookPorts } from './hook-ports.ts';
import { errorName } from './node-socket.ts';
import { plainValue } from './plain-value.ts';
import type { Requests } from './requests.ts';
import { label } from './signals.ts';
import { identify } from './tcp-handle.ts';
import { undiciClient } from './undici-client.ts';

/** A request that went out on a connection which had served another before, and to which no answer has begun. */
interface Unanswered {
  readonly request: string | undefined;
  readonly site: CallSite | undefined;
  /** Head and body; undefined where nobody knows beforehand. */
  readonly bytes: number | undefined;
  readonly agentIdleMs: number | undefined;
}

/** Node's `http.ClientRequest`, as far as it is read here. */
interface ClientRequest {
  readonly reusedSocket?: boolean;
  readonly res?: object | null;
  readonly method?: string;
  readonly path?: string;
  readonly _header?: unknown;
  readonly _contentLength?: unknown;
}

/** What a client hears when the peer is gone: Node's own words for a goodbye instead of an answer have no error at all. */
const goneCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** For so long after a race it is of interest whether the server was there at all, in microseconds. */
const refusalsAfterUs = 10_000_000;

/** Requests that met the goodbye of the peer. Nothing is asked or told before one has failed on a reused connection. */
export class Races {
  readonly #ports: HookPorts;
  #lastAt: Instant | undefined;

  constructor(ports: HookPorts) {
    this.#ports = ports;
  }

  /**
   * A socket is about to be destroyed. Where that fails a request on a reused connection, the kernel is asked whether
   * the peer had finished it before.
   */
  ending(entry: Entry, socket: Socket, error: string | undefined): void {
    const { requests, kernel: kernelOf, now } = this.#ports;
    const unanswered = entry.suppressed ? undefined : unansweredOn(socket, error, requests);
    // An abort has no error of the connection's, or one of its own.
    if (unanswered === undefined || !(error === undefined ? entry.endRead : goneCodes.has(error))) return;
    const kernel = kernelOf();
    const info = entry.fd >= 0 ? kernel?.tcpInfo(entry.fd) : undefined;
    const { bytes, ...rest } = unanswered;
    const late = info && lateRequest(info, entry.bytesRead, bytes);
    if (late === undefined) return;
    const at = now();
    this.#lastAt = at;
    const id = identify(entry.handle, kernel);
    this.#tell(at, {
      name: 'race',
      at,
      connectionId: connectionId(id, entry.at),
      local: id.tuple?.local,
      peer: id.tuple?.peer,
      requested: entry.call?.requested,
      error: error ?? 'ECONNRESET',
      ...late,
      ...rest,
    });
  }

  /** connect() has failed. A server that refuses connections just then was gone, and not out of patience. */
  refused({ call, suppressed }: Entry, status: number): void {
    if (this.#lastAt === undefined || call === undefined || suppressed) return;
    const at = this.#ports.now();
    const matters = at - this.#lastAt < refusalsAfterUs && errorName(status) === 'ECONNREFUSED';
    if (matters) this.#tell(at, { name: 'refusal', at, requested: call.requested });
  }

  #tell(at: Instant, fact: HostFact['fact']): void {
    this.#ports.report({ kind: 'host', source: 'userland', at, scope: 'thread', fact });
  }
}

function unansweredOn(socket: Socket, error: string | undefined, requests: Requests): Unanswered | undefined {
  const { _httpMessage: request } = socket as { _httpMessage?: ClientRequest | null };
  if (request) return request.reusedSocket === true && !request.res ? ofNode(request, socket, requests) : undefined;
  return error === undefined ? undefined : ofUndici(socket, requests);
}

function ofNode(request: ClientRequest, socket: Socket, requests: Requests): Unanswered {
  const { _header: head, _contentLength: length, method, path } = request;
  return {
    request: label(method, path),
    site: requests.siteOf(request),
    bytes: typeof head === 'string' && typeof length === 'number' ? head.length + length : undefined,
    agentIdleMs: agentIdleMs(request, socket),
  };
}

/** The agent sets it on the socket while that is idle (lib/_http_agent.js, keepSocketAlive); a request may change it. */
function agentIdleMs(request: ClientRequest, socket: Socket): number | undefined {
  const ofAgent = plainValue(plainValue(plainValue(request, 'agent'), 'options'), 'timeout');
  const ofRequest = plainValue(request, 'timeout');
  const ms = ofRequest === undefined || ofRequest === ofAgent ? plainValue(socket, 'timeout') : ofAgent;
  return typeof ms === 'number' && ms > 0 ? ms : undefined;
}

function ofUndici(socket: Socket, requests: Requests): Unanswered | undefined {
  const sent = requests.undiciRequest(socket);
  if (sent === undefined || sent.nth < 2) return undefined;
  const client = undiciClient(socket);
  if (client?.busy === false) return undefined;
  const { method, path, site, bytes } = sent;
  return { request: label(method, path), site, bytes, agentIdleMs: client?.keepAliveMs };
}
