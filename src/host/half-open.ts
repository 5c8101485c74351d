import type { Glance } from '../connection/census.ts';
import type { CounterName, HalfOpen } from '../connection/host-fact.ts';
import type { HostFacts } from '../connection/host-facts.ts';
import type { Listener } from '../sources/net/listeners.ts';
import type { Report } from '../sources/source.ts';
import type { Endpoint } from '../tcp/endpoint.ts';
import type { Instant } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import type { HostPart } from './host-watch.ts';

export interface HalfOpenPorts {
  readonly facts: Pick<HostFacts, 'counters'>;
  readonly listeners: () => readonly Pick<Listener, 'local'>[];
  /** Walks over all the sockets in some states; undefined where nobody can. */
  readonly glance: (
    states: readonly TcpState[],
    visit: (socket: Glance) => void,
    signal: AbortSignal,
  ) => Promise<boolean> | undefined;
  readonly now: () => Instant;
  readonly report: Report;
}

/** What moves when a SYN queue is full; ListenDrops alone when it is so by tcp_max_syn_backlog. */
const signs: readonly CounterName[] = ['TCPReqQFullDoCookies', 'TCPReqQFullDrop', 'SyncookiesSent', 'ListenDrops'];

/** The first SYN+ACK is given a second (tcp_timeout_init): whoever waits for longer was sent another. */
const firstTimeoutMs = 1000;

/** Counts the half-open connections at our listeners when the counters say that a SYN queue was full. */
export class HalfOpenCount implements HostPart {
  readonly #ports: HalfOpenPorts;
  #before: number | undefined;

  constructor(ports: HalfOpenPorts) {
    this.#ports = ports;
  }

  async look(): Promise<void> {
    const { facts, listeners, glance, now, report } = this.#ports;
    const { counters } = facts;
    const sum = signs.reduce((total, name) => total + (counters?.[name] ?? 0), 0);
    const moved = this.#before !== undefined && sum !== this.#before;
    this.#before = sum;
    const ours = moved ? listeners() : [];
    if (ours.length === 0) return;
    const byPort = new Map(ours.map(({ local }) => [local.port, { count: 0, unanswered: 0 }]));
    const count = (socket: Glance) => {
      const one = byPort.get(socket.localPort);
      if (one === undefined || !ours.some(({ local }) => covers(local, socket))) return;
      one.count++;
      if ((socket.expiresMs ?? 0) > firstTimeoutMs) one.unanswered++;
    };
    const whole = glance(['syn_received'], count, new AbortController().signal);
    if (whole === undefined || !(await whole)) return;
    const fact = { name: 'half_open', byPort: byPort satisfies ReadonlyMap<number, HalfOpen> } as const;
    report({ kind: 'host', source: 'userland', at: now(), scope: 'namespace', fact });
  }
}

/** Whether a connection to there comes to this listener. */
function covers({ address, port }: Endpoint, { localPort, fourTuple }: Glance): boolean {
  if (port !== localPort) return false;
  return address === '0.0.0.0' || address === '::' || fourTuple.local.address === address;
}
