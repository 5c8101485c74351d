import { type Farewell, farewellOf } from '../connection/farewell.ts';
import type { Role } from '../connection/lifecycle.ts';
import type { LifecycleEvent } from '../connection/lifecycle-event.ts';
import type { Measurements } from './measurements.ts';
import { metricAttribute, other } from './metric-names.ts';
import { attribute } from './semconv.ts';

/** Whoever destroys a socket may make up a number: `Unknown system error -199`. There are fewer than ninety names. */
const nodeName = /^[A-Z][A-Z0-9_]*$/;

/** What is measured of single connections, as it happens. Whoever calls has each of them counted once. */
export class ConnectionMeter {
  readonly #measurements: Measurements;

  constructor(measurements: Measurements) {
    this.#measurements = measurements;
  }

  /** Over, after so many microseconds; `error` is the Node error code of one that failed. */
  handshake(role: Role, us: number, error: string | undefined): void {
    const failed = error === undefined ? undefined : { [attribute.errorType]: nodeName.test(error) ? error : other };
    this.#measurements.record('synfin.tcp.handshake.duration', us / 1e6, { [attribute.role]: role, ...failed });
  }

  /** Of connections that were told of, what they come to when they are over. */
  take(event: LifecycleEvent): void {
    if (event.kind !== 'teardown_completed' || event.connection.suppressed) return;
    const farewell = farewellOf(event.connection, event.at);
    if (farewell) this.over(farewell);
  }

  over({ role, initiator, type, teardownUs, closeWaitUs, rstSent, rstReceived }: Farewell): void {
    const measurements = this.#measurements;
    const ofRole = { [attribute.role]: role };
    if (teardownUs !== undefined)
      measurements.record('synfin.tcp.teardown.duration', teardownUs / 1e6, {
        ...ofRole,
        [attribute.closeInitiator]: initiator,
        [attribute.closeType]: type,
      });
    if (closeWaitUs !== undefined) measurements.record('synfin.tcp.close_wait.duration', closeWaitUs / 1e6, ofRole);
    if (rstSent) this.reset('transmit');
    if (rstReceived) this.reset('receive');
  }

  /** So many segments were sent again. */
  resent(segments: number): void {
    this.#measurements.add('synfin.tcp.retransmits', segments, {});
  }

  /** A RST was sent or received. */
  reset(direction: 'transmit' | 'receive'): void {
    this.#measurements.add('synfin.tcp.resets', 1, { [metricAttribute.networkIoDirection]: direction });
  }
}
