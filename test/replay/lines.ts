import type { HostFact } from '../../src/connection/host-fact.ts';
import type { Observation, SocketSignals } from '../../src/connection/observation.ts';
import type { RecordingHeader } from '../../src/recording/header.ts';
import { encodeHeader, encodeObservation } from '../../src/recording/line.ts';
import { instant, type SocketCookie } from '../../src/tcp/identity.ts';

/** Seconds, as an instant. */
export const at = (seconds: number) => instant(seconds * 1e6);

export function headerLine(more: Partial<RecordingHeader> = {}): string {
  return encodeHeader({
    kind: 'recording',
    version: 1,
    synfin: '1.2.3',
    part: 1,
    run: 'a',
    pid: 4711,
    thread: 0,
    node: 'v22.0.0',
    platform: 'linux',
    startedAt: '2026-01-01T00:00:00.000Z',
    at: at(0),
    pseudonyms: false,
    options: { closeWaitMs: 10_000 },
    ...more,
  });
}

export const lineOf = (said: Observation): string => encodeObservation(said);

export const tuple = (port: number) => ({
  local: { address: '10.0.0.1', port: 80 },
  peer: { address: '10.0.0.2', port },
});

/** A connection to a server of ours, by its number. */
export function accepted(socket: number, seconds: number): Observation {
  const id = { cookie: (0x1000 + socket).toString(16) as SocketCookie, tuple: tuple(40_000 + socket) };
  const site = { frames: () => ['portOf (/app/server.mjs:7:3)'] };
  return { kind: 'socket_event', event: 'accepted', socket, at: at(seconds), id, site };
}

export function row(socket: number, seconds: number, state: 'close_wait' | 'established' = 'close_wait'): Observation {
  const queues = { receiveQueue: state === 'close_wait' ? 6 : 0, sendQueue: 0 };
  return { kind: 'row', source: 'sock_diag', at: at(seconds), socket, id: {}, state, ...queues };
}

export function inspected(socket: number, seconds: number): Observation {
  return { kind: 'socket_event', event: 'inspected', socket, at: at(seconds), signals: paused };
}

export function sweepEnd(seconds: number): Observation {
  const times = { startedAt: at(seconds - 0.1), at: at(seconds) };
  return { kind: 'sweep_end', source: 'sock_diag', ...times, states: ['close_wait'], whole: true };
}

export function host(seconds: number, fact: HostFact['fact']): Observation {
  return { kind: 'host', source: 'userland', at: at(seconds), scope: 'thread', fact };
}

/** What comes at the end of a look at so many suspicious connections. */
export function look(seconds: number, suspects: number): readonly Observation[] {
  const wallTime = [{ since: at(0), ms: Date.parse('2026-01-01T00:00:00Z') }];
  const end = { name: 'look', clock: at(seconds), suspects, descriptors: undefined, wallTime } as const;
  const seen = host(seconds, { name: 'suspects_seen', from: 0, count: suspects });
  return [...(suspects > 0 ? [seen] : []), host(seconds, end)];
}

/** A look at which these connections are still in CLOSE_WAIT, paused. */
export function lookAt(seconds: number, ...sockets: readonly number[]): readonly Observation[] {
  return [
    ...sockets.map((socket) => row(socket, seconds)),
    sweepEnd(seconds),
    ...sockets.map((socket) => inspected(socket, seconds)),
    ...look(seconds, sockets.length),
  ];
}

const paused: SocketSignals = {
  destroyed: false,
  reading: false,
  readableEnded: false,
  endQueued: false,
  readableLength: 5,
  readableFlowing: false,
  writableEnded: false,
  writableFinished: false,
  writableLength: 0,
  allowHalfOpen: false,
  bytesRead: 0,
  bytesWritten: 0,
  pipes: 0,
  hasDataListener: true,
  hasReadableListener: false,
  iterating: false,
  hasOnread: false,
  pausedOnConnect: false,
};
