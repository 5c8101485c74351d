import type { HttpSignals, SocketSignals } from '../../src/connection/observation.ts';
import type { Sending } from '../../src/connection/sending.ts';
import type { ConnectionView } from '../../src/connection/view.ts';
import type { Look } from '../../src/detectors/look.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { seconds } from '../connection/observations.ts';

/** A healthy socket that is being read, but for these fields. */
export function signals(fields: Partial<SocketSignals> = {}): SocketSignals {
  return {
    destroyed: false,
    reading: false,
    readableEnded: false,
    endQueued: false,
    readableLength: 0,
    readableFlowing: true,
    writableEnded: false,
    writableFinished: false,
    writableLength: 0,
    allowHalfOpen: false,
    bytesRead: 10,
    bytesWritten: 10,
    pipes: 0,
    hasDataListener: true,
    hasReadableListener: false,
    iterating: false,
    hasOnread: false,
    pausedOnConnect: false,
    ...fields,
  };
}

export function http(side: HttpSignals['side'], fields: Partial<HttpSignals> = {}): HttpSignals {
  return { side, parsing: false, busy: false, incomingComplete: false, piped: false, ...fields };
}

/** The n-th client connection to db:5432, in CLOSE_WAIT for n seconds, opened at `query`; but for these fields. */
export function view(n: number, fields: Partial<ConnectionView> = {}): ConnectionView {
  return {
    id: `c${n}`,
    role: 'client',
    state: 'close_wait',
    firstSeen: seconds(0),
    age: 100 + n,
    stateAge: n,
    local: endpoint('10.0.0.1', 40_000 + n),
    peer: endpoint('10.0.0.2', 5432),
    requested: endpoint('db', 5432),
    attempt: 1,
    beforeSyn: undefined,
    handshakeDuration: undefined,
    rtt: undefined,
    receiveQueue: 1,
    sendQueue: 0,
    bytesSent: undefined,
    bytesReceived: undefined,
    retransmits: undefined,
    synRetransmits: undefined,
    initiator: 'remote',
    closeType: undefined,
    error: undefined,
    source: 'sock_diag',
    lookedAt: undefined,
    endedAt: undefined,
    simultaneousOpen: undefined,
    steps: [],
    changes: [],
    callSite: ['query (/app/db.js:7:3)'],
    closedWhy: undefined,
    released: false,
    inJavaScript: true,
    progress: 0,
    progressAge: undefined,
    ackProgress: 0,
    ackProgressAge: undefined,
    sending: undefined,
    unaccepted: false,
    signals: signals({ readableFlowing: false }),
    suppressed: false,
    ...fields,
  };
}

/** One look, at this second. */
export function lookAt(at: number, fields: Partial<Look> = {}): Look {
  return {
    at: seconds(at),
    descriptors: undefined,
    wallTime: (moment) => new Date(moment / 1000).toISOString(),
    traceOf: () => undefined,
    ...fields,
  };
}

/** A segment is on its way for the first time, but for these fields. */
export function sending(fields: Partial<Sending> = {}): Sending {
  return { timer: undefined, retransmits: 0, probes: 0, backoff: 0, window: 65_536, ...fields };
}
