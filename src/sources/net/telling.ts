import type { CallSite } from '../../connection/call-site.ts';
import type { Connecting } from '../../connection/observation.ts';
import type { KernelSockets } from '../../ffi/kernel-sockets.ts';
import type { Report } from '../source.ts';
import { goesToLoopback } from './connect-options.ts';
import type { Entry } from './entry.ts';
import type { HookPorts } from './hook-ports.ts';
import { identify } from './tcp-handle.ts';

export interface TellingPorts {
  readonly report: Report;
  readonly kernel: () => KernelSockets | undefined;
  /** Of the listen() call whose server accepted this socket. */
  readonly listenSite: (entry: Entry) => CallSite | undefined;
}

/** Tells a connection's story so far, each part with the time at which it happened. Its descriptor must be open. */
export function tellStory(entry: Entry, ports: TellingPorts): void {
  if (entry.unclaimed) return;
  if (entry.call || entry.peer) tellActiveOpen(entry, ports);
  else tellPassiveOpen(entry, ports);
  if (entry.endingAt === undefined) return;
  const { number: socket, endingAt: at } = entry;
  ports.report({ kind: 'socket_event', event: 'ending', socket, at, info: entry.endingInfo() });
}

function tellActiveOpen(entry: Entry, { report, kernel }: TellingPorts): void {
  const { number: socket, call, openedAt } = entry;
  report(connecting(entry, kernel()));
  if (openedAt === undefined) return;
  report({ kind: 'socket_event', event: 'connected', socket, at: openedAt, info: entry.openingInfo() });
  if (call) call.context = undefined;
}

function tellPassiveOpen(entry: Entry, { report, kernel, listenSite }: TellingPorts): void {
  const { number: socket, at } = entry;
  const id = identify(entry.handle, kernel());
  report({
    kind: 'socket_event',
    event: 'accepted',
    socket,
    at,
    id,
    info: entry.openingInfo(),
    site: listenSite(entry),
  });
}

function connecting(entry: Entry, kernel: KernelSockets | undefined): Connecting {
  const { number: socket, at, call, attempt } = entry;
  const asked = entry.phase === 'open' && goesToLoopback(entry) ? undefined : entry.peer;
  const id = identify(entry.handle, kernel, asked);
  return {
    kind: 'socket_event',
    event: 'connecting',
    socket,
    at,
    id,
    calledAt: call?.at ?? at,
    attempt,
    requested: call?.requested ?? entry.peer ?? nowhere,
    context: call?.context,
    suppressed: entry.suppressed,
    awaitsRequest: call?.awaitsRequest ?? false,
    site: call?.site,
  };
}

const nowhere = { address: 'unknown', port: 0 };

/** The request is known that the connection was opened for. */
export function assign(
  entry: Entry,
  context: unknown,
  { report, now, audience: { keep } }: Pick<HookPorts, 'report' | 'now' | 'audience'>,
): void {
  const { number: socket, call } = entry;
  if (entry.told) report({ kind: 'socket_event', event: 'assigned', socket, at: now(), context });
  else if (call) {
    call.context = keep(context);
    call.requestKnown();
  }
}
