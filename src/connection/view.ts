import type { Endpoint } from '../tcp/endpoint.ts';
import type { Instant } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import type { CloseReason } from './census.ts';
import {
  type CloseInitiator,
  type CloseType,
  idOf,
  type Lifecycle,
  type Moment,
  type Role,
  type StateChange,
} from './lifecycle.ts';
import type { Step, StepName } from './lifecycle-event.ts';
import type { SocketSignals } from './observation.ts';
import type { ObservationSource } from './observation-source.ts';
import type { Sending } from './sending.ts';

/** The read model of every surface: what is known of one connection at one moment. Durations are in seconds. */
export interface ConnectionView {
  readonly id: string;
  readonly role: Role;
  readonly state: TcpState;
  readonly firstSeen: Instant;
  /** Since the connection was first seen: this moment is `firstSeen` and so many seconds. */
  readonly age: number;
  readonly stateAge: number;
  readonly local: Endpoint | undefined;
  readonly peer: Endpoint | undefined;
  /** What the application asked connect() for. */
  readonly requested: Endpoint | undefined;
  /** 1 for the first address that was tried. */
  readonly attempt: number;
  /** From the call of connect() to the SYN: the name look-up, and the attempts before this one. */
  readonly beforeSyn: number | undefined;
  readonly handshakeDuration: number | undefined;
  readonly rtt: number | undefined;
  readonly receiveQueue: number;
  readonly sendQueue: number;
  readonly bytesSent: number | undefined;
  readonly bytesReceived: number | undefined;
  readonly retransmits: number | undefined;
  /** Of the SYN, or of the SYN+ACK where the peer opened; counted among `retransmits`. */
  readonly synRetransmits: number | undefined;
  readonly initiator: CloseInitiator;
  readonly closeType: CloseType | undefined;
  readonly error: string | undefined;
  readonly source: ObservationSource;
  /** When the kernel last showed it. */
  readonly lookedAt: Instant | undefined;
  /** When the descriptor was closed here, or the connection was seen to be over. */
  readonly endedAt: Instant | undefined;
  /** The peer's SYN crossed ours: both sides opened (RFC 9293, section 3.5, figure 7). */
  readonly simultaneousOpen: Moment | undefined;
  readonly steps: readonly Step[];
  readonly changes: readonly StateChange[];
  /** Nearest first; read from the captured stack when first asked for. */
  readonly callSite: readonly string[];
  /** What had the descriptor closed, as JavaScript could tell; undefined while it is open. */
  readonly closedWhy: CloseReason | undefined;
  /** The descriptor is closed here; what the kernel still holds goes on without this process. */
  readonly released: boolean;
  /** False for a descriptor of this process that no JavaScript socket stands for. */
  readonly inJavaScript: boolean;
  /** Grows whenever a byte was read by the process or acknowledged by the peer. */
  readonly progress: number;
  /** Since it last grew; undefined for a connection that was never suspicious. */
  readonly progressAge: number | undefined;
  /** As the two before, of bytes that the peer acknowledged alone. */
  readonly ackProgress: number;
  readonly ackProgressAge: number | undefined;
  /** How the kernel tries to get out what waits in the send queue; undefined where nothing waits. */
  readonly sending: Sending | undefined;
  /** It waits in the accept queue of a listener of this process: nobody has a descriptor for it. */
  readonly unaccepted: boolean;
  /** What JavaScript knew of the socket when it was last inspected; only suspicious ones are. */
  readonly signals: SocketSignals | undefined;
  /** Opened under suppressed tracing: an exporter's own. */
  readonly suppressed: boolean;
}

export function viewOf(connection: Lifecycle, now: Instant): ConnectionView {
  const { id, syn, established, info, site } = connection;
  return {
    id: idOf(connection),
    role: connection.role,
    state: connection.state,
    firstSeen: connection.firstSeen,
    age: seconds(connection.firstSeen, now),
    stateAge: seconds(connection.stateSince, now),
    local: id.tuple?.local,
    peer: id.tuple?.peer,
    requested: connection.requested,
    attempt: connection.attempt,
    beforeSyn: syn && connection.calledAt !== undefined ? seconds(connection.calledAt, syn.at) : undefined,
    handshakeDuration: syn && established ? seconds(syn.at, established.at) : undefined,
    rtt: connection.rttUs === undefined ? undefined : connection.rttUs / 1e6,
    receiveQueue: connection.receiveQueue,
    sendQueue: connection.sendQueue,
    bytesSent: payloadSent(connection),
    bytesReceived: payloadReceived(connection),
    retransmits: info?.totalRetransmits,
    synRetransmits: established
      ? connection.synRetransmits
      : (info?.totalRetransmits ?? connection.sending?.retransmits),
    initiator: connection.initiator,
    closeType: connection.closeType,
    error: connection.error,
    source: connection.source,
    lookedAt: connection.lookedAt,
    endedAt: connection.endedAt,
    simultaneousOpen: connection.simultaneousOpen,
    steps: stepsOf(connection),
    changes: connection.changes,
    get callSite() {
      return site?.frames() ?? [];
    },
    closedWhy: connection.closedWhy,
    released: connection.phase === 'released',
    inJavaScript: connection.inJavaScript,
    progress: connection.progress,
    progressAge: connection.progressAt === undefined ? undefined : seconds(connection.progressAt, now),
    ackProgress: connection.ackProgress,
    ackProgressAge: connection.ackProgressAt === undefined ? undefined : seconds(connection.ackProgressAt, now),
    sending: connection.sending,
    unaccepted: connection.unaccepted,
    signals: connection.signals,
    suppressed: connection.suppressed,
  };
}

/** The segments that made and ended the connection, in the order of time. */
export function stepsOf(connection: Lifecycle): readonly Step[] {
  const { syn, established, finSent, finReceived, rstSent, rstReceived } = connection;
  const steps: Step[] = [];
  if (syn) steps.push({ name: 'syn', at: syn.at, inferred: syn.inferred });
  if (established) {
    const rtt = connection.rttUs ?? 0;
    // The client hears SYN+ACK and answers at once; the server answered one round trip before the ACK came.
    const synAck = connection.role === 'server' ? Math.max(syn?.at ?? 0, established.at - rtt) : established.at;
    steps.push({ name: 'syn_ack', at: synAck as Instant, inferred: true });
    steps.push({ name: 'ack', at: established.at, inferred: established.inferred });
  }
  // The kernel's counters are in milliseconds: where two moments fall together, the initiator's was first.
  const first = steps.length;
  if (connection.initiator !== 'remote') insert(steps, first, 'fin.sent', finSent);
  insert(steps, first, 'fin.received', finReceived);
  if (connection.initiator === 'remote') insert(steps, first, 'fin.sent', finSent);
  insert(steps, first, 'fin.acked', finAcked(connection));
  insert(steps, first, 'rst.sent', rstSent);
  insert(steps, first, 'rst.received', rstReceived);
  return steps;
}

/** Among those from `first` on, after what was not later. */
function insert(steps: Step[], first: number, name: StepName, moment: Moment | undefined): void {
  if (moment === undefined) return;
  const { at, inferred } = moment;
  let place = steps.length;
  while (place > first && (steps[place - 1] as Step).at > at) place--;
  steps.splice(place, 0, { name, at, inferred });
}

/** The edge that only an acknowledgement of our FIN makes. */
function finAcked({ changes, closeType }: Lifecycle): { at: Instant; inferred: boolean } | undefined {
  const edge = changes.find(
    ({ from, to }) =>
      to === 'fin_wait_2' ||
      (to === 'time_wait' && (from === 'closing' || from === 'fin_wait_1')) ||
      (from === 'last_ack' && closeType === 'fin'),
  );
  return edge && { at: edge.at, inferred: edge.inferred };
}

/** Payload that has gone out, without what was sent again. */
export function payloadSent({ info, bytesWritten }: Lifecycle): number | undefined {
  return info?.bytesSent === undefined ? bytesWritten : info.bytesSent - (info.bytesRetransmitted ?? 0);
}

/** Counters that were read in one of these, read before the peer's FIN came, do not count it. */
const beforeFin: ReadonlySet<TcpState> = new Set(['established', 'fin_wait_1', 'fin_wait_2']);

/** `tcpi_bytes_received` without the one that stands for the peer's FIN. */
export function payloadReceived({ info, bytesRead, finReceived }: Lifecycle): number | undefined {
  if (info?.bytesReceived === undefined) return bytesRead;
  return Math.max(0, info.bytesReceived - (finReceived && !beforeFin.has(info.state) ? 1 : 0));
}

function seconds(from: Instant, to: Instant): number {
  return Math.max(0, to - from) / 1e6;
}
