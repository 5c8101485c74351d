import type { NetSource } from '../sources/net/net-source.ts';
import type { Report } from '../sources/source.ts';
import type { Instant } from '../tcp/identity.ts';
import type { HostPart } from './host-watch.ts';

export interface FailedConnectsPorts {
  readonly net: NetSource;
  readonly now: () => Instant;
  readonly report: Report;
}

/** Tells at each look which connections of this thread found no local port. First of the parts: others go by it. */
export class FailedConnects implements HostPart {
  readonly #ports: FailedConnectsPorts;

  constructor(ports: FailedConnectsPorts) {
    this.#ports = ports;
  }

  async look(): Promise<void> {
    const { net, now, report } = this.#ports;
    for (const failure of net.takePortFailures())
      report({
        kind: 'host',
        source: 'userland',
        at: now(),
        scope: 'thread',
        fact: { name: 'port_failure', ...failure },
      });
  }
}
