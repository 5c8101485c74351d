import type { ListenerFact, Sysctls } from '../connection/host-fact.ts';
import { formatEndpoint } from '../tcp/endpoint.ts';
import type { Instant } from '../tcp/identity.ts';
import { type Case, type PlaceCase, placeCase, rounded } from './case.ts';
import type { Subject } from './detector.ts';

/** What there is to say of one listener, besides where it is. */
export interface ListenerCase extends Omit<PlaceCase, 'where' | 'subject' | 'sample'> {
  readonly subject: Omit<Subject, 'role' | 'listener' | 'cluster'>;
}

/** A case whose place is a listener. Its one sample is the listener itself, for the line that it listens from. */
export function listenerCase(listener: ListenerFact, said: ListenerCase, at: Instant): Case {
  const { local, cluster, socket, queue, site } = listener;
  const where = formatEndpoint(local);
  const age_s = rounded(Math.max(0, at - said.since) / 1e6);
  return placeCase({
    ...said,
    where,
    subject: { role: 'server', listener: where, ...(cluster && { cluster }), ...said.subject },
    sample: [
      {
        connection_id: socket,
        local: where,
        peer: null,
        state: 'listen',
        age_s,
        rx_queue: queue,
        tx_queue: 0,
        call_site: site?.frames() ?? [],
        trace_id: null,
      },
    ],
  });
}

/** Those of these settings that are known. */
export function settings(
  sysctls: Sysctls,
  ...names: readonly NumberSetting[]
): { kernel?: NonNullable<Subject['kernel']> } {
  const known = names.flatMap((name) => {
    const value = sysctls[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return known.length > 0 ? { kernel: Object.fromEntries(known) } : {};
}

type NumberSetting = 'somaxconn' | 'tcp_max_syn_backlog' | 'tcp_syncookies';
