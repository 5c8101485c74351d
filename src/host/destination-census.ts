import type { DestinationCount, Glance } from '../connection/census.ts';
import type { HostFacts } from '../connection/host-facts.ts';
import { ephemeralPortCount } from '../detectors/ephemeral-port-count.ts';
import { deservesCensus } from '../detectors/port-shortage.ts';
import type { Report } from '../sources/source.ts';
import type { Instant } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import { tcpStateNames } from '../tcp/state.ts';
import type { HostPart } from './host-watch.ts';

export interface DestinationCensusPorts {
  readonly facts: HostFacts;
  readonly glance: (
    states: readonly TcpState[],
    visit: (socket: Glance) => void,
    signal: AbortSignal,
  ) => Promise<boolean> | undefined;
  readonly now: () => Instant;
  readonly report: Report;
  /** Whatever the counters say. */
  readonly wanted: () => boolean;
  /** From this share of the ports on, whatever the destination, it is worth a walk. */
  readonly share: number;
}

const states = tcpStateNames.filter((state) => state !== 'listen' && state !== 'closed');

/** Counts the ports towards each destination, where one may have run out of them. */
export class DestinationCensus implements HostPart {
  readonly #ports: DestinationCensusPorts;

  constructor(ports: DestinationCensusPorts) {
    this.#ports = ports;
  }

  async look(): Promise<void> {
    const { facts, glance, now, report, wanted, share } = this.#ports;
    const { firstPort, lastPort } = facts.sysctls;
    const limit = ephemeralPortCount(facts.sysctls);
    if (limit === undefined || firstPort === undefined || lastPort === undefined) return;
    const { counters = {}, portFailures } = facts;
    const { tw = 0, inuse = 0 } = counters;
    if (!wanted() && tw + inuse < limit * share && !deservesCensus(portFailures, counters, limit)) return;
    const listening = new Set(facts.listening.map(({ id }) => id.tuple?.local.port));
    const counts = new Map<string, Counted>();
    let sockets = 0;
    let timeWaits = 0;
    const whole = await glance(
      states,
      (socket) => {
        sockets++;
        const waits = socket.state === 'time_wait';
        if (waits) timeWaits++;
        const { localPort } = socket;
        if (localPort < firstPort || localPort > lastPort || listening.has(localPort)) return;
        const { local, peer } = socket.fourTuple;
        const key = `${local.address}|${peer.address}|${peer.port}`;
        const counted = counts.get(key) ?? { local: local.address, peer, seen: new Set(), waits: 0 };
        counts.set(key, counted);
        if (counted.seen.has(localPort)) return;
        counted.seen.add(localPort);
        if (waits) counted.waits++;
      },
      new AbortController().signal,
    );
    if (whole === undefined) return;
    const destinations = [...counts.values()].map(countOf);
    const census = { states, whole, sockets, timeWaits, destinations, listeners: [] };
    report({ kind: 'host', source: 'procfs', at: now(), scope: 'namespace', fact: { name: 'census', census } });
  }
}

interface Counted {
  readonly local: string;
  readonly peer: { readonly address: string; readonly port: number };
  readonly seen: Set<number>;
  waits: number;
}

function countOf({ local, peer, seen, waits }: Counted): DestinationCount {
  const { address: peerAddress, port: peerPort } = peer;
  return { localAddress: local, peerAddress, peerPort, ports: seen.size, timeWaits: waits, authors: [] };
}
