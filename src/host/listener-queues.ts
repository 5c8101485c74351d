import type { ListenerFact } from '../connection/host-fact.ts';
import type { HostFacts } from '../connection/host-facts.ts';
import type { Row } from '../connection/observation.ts';
import type { Listener } from '../sources/net/listeners.ts';
import type { Report } from '../sources/source.ts';
import type { Instant } from '../tcp/identity.ts';
import type { AcceptQueueLength } from '../tcp/tcp-info.ts';
import type { HostPart } from './host-watch.ts';

export interface ListenerQueuesPorts {
  readonly facts: Pick<HostFacts, 'listening' | 'sysctls'>;
  readonly listeners: () => readonly Listener[];
  /** What the kernel tells of a listener of ours by its descriptor, where it can be asked. */
  readonly acceptQueue: (fd: number) => AcceptQueueLength | undefined;
  readonly now: () => Instant;
  readonly report: Report;
}

/** What Node asks for when listen() is not told (lib/net.js, setupListenHandle). */
const nodesBacklog = 511;

/** Joins the listeners of this thread with what the look has shown of their queues. */
export class ListenerQueues implements HostPart {
  readonly #ports: ListenerQueuesPorts;

  constructor(ports: ListenerQueuesPorts) {
    this.#ports = ports;
  }

  async look(): Promise<void> {
    const { facts, listeners, now, report } = this.#ports;
    const ours = listeners();
    if (ours.length === 0) return;
    const rows = facts.listening;
    const byName = new Map<string, Row>();
    for (const row of rows) for (const name of namesOf(row.id)) byName.set(name, row);
    // Where the look before was left out, its rows are here as well.
    const sockets = new Set(rows.map(({ id }) => namesOf(id)[0]));
    for (const listener of ours) {
      const row = namesOf(listener)
        .map((name) => byName.get(name))
        .find((found) => found !== undefined);
      const queue = this.#queueOf(listener, row);
      if (queue === undefined) continue;
      const alone = row !== undefined && sockets.size === 1;
      const fact: ListenerFact = { ...aboutServer(listener), ...queue, drops: row?.drops, alone };
      const source = row?.source ?? 'userland';
      report({ kind: 'host', source, at: now(), scope: 'thread', fact: { name: 'listener', listener: fact } });
    }
  }

  /** Undefined where neither the look nor the descriptor tells, as in a worker whose primary accepts for it. */
  #queueOf(
    { fd, backlog }: Listener,
    row: Row | undefined,
  ): Pick<ListenerFact, 'queue' | 'backlog' | 'backlogTold'> | undefined {
    if (fd < 0) return undefined;
    const told = this.#ports.acceptQueue(fd);
    // The look is some turns of the event loop ago: whichever saw more wait saw it.
    if (row?.source === 'sock_diag')
      return { queue: Math.max(row.receiveQueue, told?.queue ?? 0), backlog: row.sendQueue, backlogTold: true };
    if (told) return { queue: Math.max(told.queue, row?.receiveQueue ?? 0), backlog: told.limit, backlogTold: true };
    if (row === undefined) return undefined;
    const { somaxconn = Number.POSITIVE_INFINITY } = this.#ports.facts.sysctls;
    return { queue: row.receiveQueue, backlog: Math.min(backlog ?? nodesBacklog, somaxconn), backlogTold: false };
  }
}

function aboutServer({ cluster, local, maxConnections, connections, site, ...id }: Listener) {
  return { socket: namesOf(id)[0] ?? '', local, cluster, maxConnections, connections, site };
}

/** By which a row and a listener know one another: netstat knows neither. */
function namesOf({ cookie, inode }: Row['id']): string[] {
  return [...(cookie === undefined ? [] : [cookie]), ...(inode === undefined ? [] : [`ino:${inode}`])];
}
