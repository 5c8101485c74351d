import { assign, complete, fail } from './handshake.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import type { Inspected, SocketEvent } from './observation.ts';
import { close, end } from './teardown.ts';

/** What can happen to a connection that is known already. */
export type Experience = Exclude<SocketEvent, { event: 'connecting' | 'accepted' | 'adopted' | 'handed_over' }>;

/** Something happened to the connection in this process. */
export function experience(connection: Lifecycle, event: Experience): readonly LifecycleEvent[] {
  switch (event.event) {
    case 'connected':
      return complete(connection, event);
    case 'connect_failed':
      return fail(connection, event);
    case 'assigned':
      return assign(connection, event);
    case 'ending':
      return end(connection, event);
    case 'closed':
      return close(connection, event);
    case 'inspected':
      inspect(connection, event);
      return [];
  }
}

/** Where the kernel's rows have no counters, what JavaScript has read and handed over is the only proof that bytes move. */
function inspect(connection: Lifecycle, { at, signals, site }: Inspected): void {
  const before = connection.signals;
  const counted = connection.readAtLook !== undefined;
  const moved = before?.bytesRead !== signals.bytesRead || before?.bytesWritten !== signals.bytesWritten;
  if (!counted && before !== undefined && moved) {
    connection.progress++;
    connection.progressAt = at;
  }
  connection.signals = signals;
  if (site !== undefined) connection.site = site ?? undefined;
}
