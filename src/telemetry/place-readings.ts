import type { DestinationCount } from '../connection/census.ts';
import type { CountedPlaces } from '../connection/counted-places.ts';
import { takenPorts } from '../detectors/port-usage.ts';
import type { Instant } from '../tcp/identity.ts';
import { Freshness } from './freshness.ts';
import type { MetricAttributes, Reading } from './measurements.ts';
import { other } from './metric-names.ts';
import { NamedPlaces } from './named-places.ts';
import { PortNames } from './port-names.ts';
import { attribute } from './semconv.ts';

const { networkLocalAddress, networkPeerAddress, networkPeerPort, serverPort } = attribute;

const otherDestination: MetricAttributes = {
  [networkLocalAddress]: other,
  [networkPeerAddress]: other,
  [networkPeerPort]: other,
};

/**
 * TIME_WAITs and local ports, place by place, as the last census had them: by destination of what goes out, by port of
 * what comes in. A few numbers are kept of each census, however many places there were.
 */
export class PlaceReadings {
  readonly #isHeard: () => boolean;
  readonly #freshness = new Freshness();
  readonly #destinations = new NamedPlaces();
  readonly #ports = new PortNames();
  #readings: readonly Reading[] = [];

  constructor(isHeard: () => boolean) {
    this.#isHeard = isHeard;
  }

  /** Somebody wants to know. */
  get isHeard(): boolean {
    return this.#isHeard();
  }

  counted(places: CountedPlaces): void {
    this.#freshness.seen(places.at, places.everyUs);
    this.#readings = [...this.#outward(places), ...this.#inward(places)];
  }

  /** Nothing where it is not known any more. */
  readings(now: Instant): readonly Reading[] {
    return this.#freshness.isFresh(now) ? this.#readings : [];
  }

  #outward({ census, outward, range, sysctls }: CountedPlaces): Reading[] {
    const limit = range.count;
    const weighed = census.destinations.map((one) => ({ key: keyOf(one), weight: one.ports, one }));
    const chosen = this.#destinations.choose(weighed, limit);
    const readings: Reading[] = [];
    let [waiting, fullest] = [outward, 0];
    for (const { key, one } of weighed) {
      const taken = takenPorts(one, sysctls.tcp_tw_reuse);
      if (!chosen.has(key)) {
        fullest = Math.max(fullest, taken);
        continue;
      }
      waiting -= one.timeWaits;
      readings.push(...ofDestination(attributesOf(one), one.timeWaits, taken, limit));
    }
    readings.push(...ofDestination(otherDestination, Math.max(0, waiting), fullest, limit));
    return readings;
  }

  /** A port of ours where nothing waits is told of, too: a line that begins at 0 can be seen to rise. */
  #inward({ census, ours }: CountedPlaces): Reading[] {
    const counts = new Map([...ours].sort((one, next) => one - next).map((port) => [port, 0]));
    for (const { port, timeWaits } of census.listeners) counts.set(port, timeWaits);
    const readings: Reading[] = [];
    let rest: number | undefined;
    for (const [port, value] of counts) {
      if (!this.#ports.name(port)) rest = (rest ?? 0) + value;
      else readings.push({ name: 'synfin.tcp.time_wait.count', value, attributes: { [serverPort]: port } });
    }
    if (rest !== undefined)
      readings.push({ name: 'synfin.tcp.time_wait.count', value: rest, attributes: { [serverPort]: other } });
    return readings;
  }
}

function* ofDestination(
  attributes: MetricAttributes,
  timeWaits: number,
  taken: number,
  limit: number,
): Generator<Reading> {
  yield { name: 'synfin.tcp.time_wait.count', value: timeWaits, attributes };
  yield { name: 'synfin.tcp.ephemeral_port.usage', value: taken, attributes };
  yield { name: 'synfin.tcp.ephemeral_port.limit', value: limit, attributes };
  // Without a port to give away, none is used.
  yield { name: 'synfin.tcp.ephemeral_port.utilization', value: limit > 0 ? taken / limit : 0, attributes };
}

function attributesOf({ localAddress, peerAddress, peerPort }: DestinationCount): MetricAttributes {
  return {
    [networkLocalAddress]: localAddress,
    [networkPeerAddress]: peerAddress,
    [networkPeerPort]: peerPort,
  };
}

function keyOf({ localAddress, peerAddress, peerPort }: DestinationCount): string {
  return `${localAddress}|${peerAddress}|${peerPort}`;
}
