import type { CallSite } from '../../connection/call-site.ts';
import type { CloseReason } from '../../connection/census.ts';
import { unreadBytes } from '../../connection/teardown.ts';
import type { Instant } from '../../tcp/identity.ts';
import type { TcpInfo } from '../../tcp/tcp-info.ts';
import { isDullLife } from './dull.ts';
import type { Entry } from './entry.ts';
import type { HookPorts } from './hook-ports.ts';
import { Races } from './keep-alive.ts';
import { ListeningPorts } from './listening-ports.ts';

import { errorName } from './node-socket.ts';
import type { Registry } from './registry.ts';

/** What came before the end. */
export interface LifeSoFar {
  settle(entry: Entry): void;
  assignQueued(entry: Entry): void;
  listenSite(entry: Entry): CallSite | undefined;
}

/** Why a descriptor is closed, as far as JavaScript can tell. */
export interface Ends {
  readonly error?: string | undefined;
  readonly reset?: boolean;
  readonly why?: CloseReason;
  /** Of the last request on it. */
  readonly site?: CallSite | undefined;
}

/** How a connection ends in this process: told, when somebody has heard of it or would like to, else noted for later. */
export class SocketEnd {
  readonly races: Races;
  readonly #registry: Registry;
  readonly #ports: HookPorts;
  readonly #life: LifeSoFar;
  readonly #listeningPorts = new ListeningPorts();

  constructor(registry: Registry, ports: HookPorts, life: LifeSoFar) {
    this.#registry = registry;
    this.#ports = ports;
    this.#life = life;
    this.races = new Races(ports);
  }

  /** The connection was refused, timed out, or could not be tried at all. */
  failed(entry: Entry, status: number): void {
    this.#registry.seen++;
    this.races.refused(entry, status);
    this.#ports.portFailures.failed(entry, status);
    this.#ports.measures.failed(entry, status);
    if (!entry.told && !this.#ports.audience.wantsFailures) {
      this.#registry.remove(entry);
      return;
    }
    this.#life.assignQueued(entry);
    const { number: socket } = entry;
    this.#registry.tell(entry);
    this.#registry.remove(entry);
    const error = errorName(status);
    this.#ports.report({ kind: 'socket_event', event: 'connect_failed', socket, at: this.#ports.now(), error });
  }

  /** The descriptor is about to be closed. */
  gone(entry: Entry, { error, reset = false, why = 'unknown', site }: Ends = {}): void {
    this.#life.settle(entry);
    const { fd, number: socket, handle } = entry;
    const kernel = fd >= 0 ? this.#ports.kernel() : undefined;
    const info = entry.told || this.#ports.audience.listens ? kernel?.tcpInfo(fd) : undefined;
    const { bytesRead } = entry;
    const at = this.#ports.now();
    if (entry.phase === 'opening') this.#ports.measures.failed(entry);
    else if (info) this.#ports.measures.resent(entry, info.totalRetransmits);
    this.#registry.seen++;
    if (!entry.told && this.#passesUntold(entry, at, info, error !== undefined || reset, why, site)) {
      this.#registry.remove(entry);
      return;
    }
    const kept = info?.copy();
    this.#registry.tell(entry);
    if (entry.phase === 'opening') this.#life.assignQueued(entry);
    // What Node did not read, another process may have: the kernel is asked, where the difference matters.
    const ask = kept?.state === 'closed' || (unreadBytes(kept, bytesRead) ?? 0) > 0;
    const unread = ask ? kernel?.unread(fd) : undefined;
    this.#registry.remove(entry);
    const how = reset ? 'reset' : 'close';
    const { bytesWritten } = handle;
    const ends = { how, why, site, error, info: kept, unread, bytesRead, bytesWritten } as const;
    this.#ports.report({ kind: 'socket_event', event: 'closed', socket, at, ...ends });
  }

  /** Whether a connection that was never told of may go as it came. */
  #passesUntold(
    entry: Entry,
    at: Instant,
    info: TcpInfo | undefined,
    abnormal: boolean,
    why: CloseReason,
    lastSite: CallSite | undefined,
  ): boolean {
    // One that nobody claimed is no connection of ours.
    if (entry.unclaimed) return true;
    const { audience } = this.#ports;
    if (entry.phase !== 'open') return !audience.wantsFailures;
    if (info !== undefined && !entry.suppressed) {
      const dull = !abnormal && isDullLife(entry, at, info, entry.bytesRead);
      if (audience.wantsTeardown(dull)) return false;
      if (dull) this.#ports.measures.passed(entry, at, info);
    }
    const { cookie, peer, call, suppressed } = entry;
    const site = lastSite ?? (peer ? call?.site : this.#life.listenSite(entry));
    const port = peer ? 0 : this.#listeningPorts.of(entry.socket);
    const role = peer ? 'client' : 'server';
    audience.closed({ cookie, closedAt: at, role, site, suppressed, why, peer, requested: call?.requested, port });
    return true;
  }
}
