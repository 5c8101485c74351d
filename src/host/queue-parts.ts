import { HalfOpenCount, type HalfOpenPorts } from './half-open.ts';
import type { HostPart } from './host-watch.ts';
import { ListenerQueues, type ListenerQueuesPorts } from './listener-queues.ts';
import { LoopDelay } from './loop-delay.ts';

export interface QueuePorts
  extends Pick<ListenerQueuesPorts, 'listeners' | 'acceptQueue' | 'now' | 'report'>,
    Pick<HalfOpenPorts, 'glance'> {
  readonly facts: HalfOpenPorts['facts'] & ListenerQueuesPorts['facts'];
  /** Of the namespace. */
  readonly counters: HostPart;
  /** Whether this thread looks at the namespace's counters even when it has no server. */
  readonly speaksForNamespace: boolean;
}

/** What is looked at for the sake of our listeners. A thread without a server pays for none of it. */
export function queueParts(ports: QueuePorts): readonly HostPart[] {
  const { counters, speaksForNamespace, listeners } = ports;
  const wanted = () => listeners().length > 0;
  return [
    speaksForNamespace ? counters : { look: async () => (wanted() ? counters.look() : undefined) },
    new LoopDelay({ ...ports, wanted }),
    new ListenerQueues(ports),
    new HalfOpenCount(ports),
  ];
}
