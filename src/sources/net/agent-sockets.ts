import type { Socket } from 'node:net';
import type { CallSite } from '../../connection/call-site.ts';
import type { KernelSockets } from '../../ffi/kernel-sockets.ts';
import type { Endpoint } from '../../tcp/endpoint.ts';
import type { Instant, SocketIdentity } from '../../tcp/identity.ts';
import type { AgentUse } from './agents.ts';
import type { Entry } from './entry.ts';
import type { Registry } from './registry.ts';
import type { Requests } from './requests.ts';
import { identify } from './tcp-handle.ts';
import { undiciClient } from './undici-client.ts';

/** A connection that an agent has. */
export interface AgentSocket {
  readonly agent: AgentUse;
  readonly requested: Endpoint;
  readonly peer: Endpoint | undefined;
  readonly at: Instant;
  /** Nothing has moved on it for so long; undefined while a request is on it, or where the kernel does not tell. */
  readonly idleMs: number | undefined;
  /** Of connect(). */
  readonly site: CallSite | undefined;
  identity(): SocketIdentity;
}

/**
 * The established connections that belong to agents, oldest first. Undefined stands for any other: the walk can pause
 * there too.
 */
export function* agentSockets(
  registry: Registry,
  requests: Requests,
  kernel: KernelSockets | undefined,
): Generator<AgentSocket | undefined> {
  for (const entry of registry.live()) {
    const socket = registry.outermost(entry);
    const agent = entry.call && !entry.suppressed ? requests.agents.of(entry.socket) : undefined;
    // It may have gone while the walk paused.
    if (agent === undefined || entry.call === undefined || entry.fd < 0) yield undefined;
    else {
      const { call, peer, at } = entry;
      const idleMs = isBusy(socket, requests) ? undefined : idleMsOf(entry, kernel);
      const identity = () => identify(entry.handle, kernel);
      yield { agent, requested: call.requested, peer, at, idleMs, site: call.site, identity };
    }
  }
}

function isBusy(socket: Socket, requests: Requests): boolean {
  if (socket.destroyed) return true;
  if (requests.isUndici(socket)) return undiciClient(socket)?.busy !== false;
  return Boolean((socket as { _httpMessage?: object | null })._httpMessage);
}

function idleMsOf({ fd }: Entry, kernel: KernelSockets | undefined): number | undefined {
  const info = kernel?.tcpInfo(fd);
  return info?.state === 'established' ? Math.min(info.lastDataSentMs, info.lastDataReceivedMs) : undefined;
}
