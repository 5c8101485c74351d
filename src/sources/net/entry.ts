import type { Socket } from 'node:net';
import type { CallSite } from '../../connection/call-site.ts';
import type { SocketRef } from '../../connection/observation.ts';
import type { Endpoint } from '../../tcp/endpoint.ts';
import type { Instant } from '../../tcp/identity.ts';
import type { TcpState } from '../../tcp/state.ts';
import type { TcpInfo } from '../../tcp/tcp-info.ts';
import type { OwnSocket } from '../source.ts';
import type { TcpHandle } from './tcp-handle.ts';

/** One call of connect(), which may try several addresses. */
export interface ConnectCall {
  readonly at: Instant;
  readonly requested: Endpoint;
  /** The telemetry context of the request; of what is not told at once, only what a late span needs is kept. */
  context: unknown;
  readonly suppressed: boolean;
  readonly site: CallSite | undefined;
  /** Opened by a pool, for a request that is not known yet. */
  awaitsRequest: boolean;
  attempts: number;
}

/** TCP_INFO when the handshake was over, as far as it is wanted later. */
interface Opening {
  readonly state: TcpState;
  readonly rttUs: number;
  readonly lastDataSentMs: number;
  readonly lastAckReceivedMs: number;
  readonly totalRetransmits: number | undefined;
  readonly bytesReceived: number | undefined;
}

/** The application ended its side. */
interface Ending {
  readonly at: Instant;
  readonly state: TcpState | undefined;
  readonly lastAckReceivedMs: number;
}

/** Who all the entries belong to. */
export interface EntryOwner {
  /** Makes the tracker know of a connection. */
  tell(entry: Entry): void;
  /** The socket that the application reads from and writes to. */
  outermost(entry: Entry): Socket;
}

/**
 * One connection of this process, as JavaScript sees it: the few numbers that its story can be told from later. Most
 * connections are never told of, so that each one costs these fields and no more.
 */
export class Entry implements OwnSocket {
  readonly #ref: SocketRef;
  readonly #owner: EntryOwner;
  readonly socket: Socket;
  readonly handle: TcpHandle;
  /** connect(2) returned, or the accepted socket was seen first. */
  readonly at: Instant;
  phase: 'opening' | 'open';
  /** The tracker knows of it: what happens next is told as it happens. */
  told = false;
  /** Came with a connected handle, and nobody has said yet whether it was accepted or comes from elsewhere. */
  unclaimed = false;
  /** Of the one that called connect(); undefined for one that was accepted or came from elsewhere. */
  call: ConnectCall | undefined;
  /** Of a connect() that was called since. */
  nextCall: ConnectCall | undefined;
  attempt = 0;
  /** The end of the connect request will be heard of. */
  awaited = false;
  /** The connect request is over, and only Node knows how. */
  answeredAt: Instant | undefined;
  peer: Endpoint | undefined;
  /** The socket cookie as a number; 0 where the kernel does not tell. */
  cookie = 0;
  /** What the kernel had received before Node counted on this handle; not 0 for an adopted socket. */
  receivedBefore = 0;

  openedAt: Instant | undefined;
  #opening: Opening | undefined;
  #ending: Ending | undefined;

  constructor(
    ref: SocketRef,
    owner: EntryOwner,
    socket: Socket,
    handle: TcpHandle,
    phase: Entry['phase'],
    at: Instant,
    call: ConnectCall | undefined,
  ) {
    this.#ref = ref;
    this.#owner = owner;
    this.socket = socket;
    this.handle = handle;
    this.phase = phase;
    this.at = at;
    this.call = call;
  }

  /** Whoever speaks of this connection by its number has the tracker know it. */
  get ref(): SocketRef {
    if (!this.told) this.#owner.tell(this);
    return this.#ref;
  }

  /** Its number alone: entries are numbered in the order in which they came. */
  get number(): SocketRef {
    return this.#ref;
  }

  get fd(): number {
    return this.handle.fd;
  }

  get bytesRead(): number {
    return this.receivedBefore + this.handle.bytesRead;
  }

  get endRead(): boolean {
    const { _readableState } = this.#owner.outermost(this) as { _readableState?: { ended?: boolean } };
    return _readableState?.ended === true;
  }

  get suppressed(): boolean {
    return this.call?.suppressed === true;
  }

  opened(at: Instant, info: TcpInfo | undefined): void {
    this.phase = 'open';
    this.openedAt = at;
    if (info) this.#opening = openingOf(info);
  }

  ending(at: Instant, info: TcpInfo | undefined): void {
    this.#ending = { at, state: info?.state, lastAckReceivedMs: info?.lastAckReceivedMs ?? 0 };
  }

  /** When the application ended its side. */
  get endingAt(): Instant | undefined {
    return this.#ending?.at;
  }

  /** How long the peer had been finished when the application ended its side. */
  get msInCloseWait(): number {
    return this.#ending?.state === 'close_wait' ? this.#ending.lastAckReceivedMs : 0;
  }

  /** The state that TCP_INFO had when the handshake was over; undefined where it was not asked. */
  get state(): TcpState | undefined {
    return this.#opening?.state;
  }

  /** Of the SYN or the SYN+ACK. */
  get retransmits(): number {
    return this.#opening?.totalRetransmits ?? 0;
  }

  /** As TCP_INFO was when the handshake was over, in the parts that were kept. */
  openingInfo(): TcpInfo | undefined {
    return this.#opening && tcpInfoOf(this.#opening);
  }

  /** As TCP_INFO was when the application ended its side, in the parts that were kept. */
  endingInfo(): TcpInfo | undefined {
    const { state, lastAckReceivedMs = 0 } = this.#ending ?? {};
    if (state === undefined) return undefined;
    const rttUs = this.#opening?.rttUs ?? 0;
    const unknown = { lastDataSentMs: 0, totalRetransmits: 0, bytesReceived: undefined };
    return tcpInfoOf({ state, rttUs, lastAckReceivedMs, ...unknown });
  }

  /** Microseconds from the SYN until the handshake was over, or until this process heard of it. */
  get handshakeUs(): number {
    return this.call && this.openedAt !== undefined ? this.openedAt - this.at : (this.#opening?.rttUs ?? 0);
  }
}

function openingOf({
  state,
  rttUs,
  lastDataSentMs,
  lastAckReceivedMs,
  totalRetransmits,
  bytesReceived,
}: TcpInfo): Opening {
  return { state, rttUs, lastDataSentMs, lastAckReceivedMs, totalRetransmits, bytesReceived };
}

/** With what was not kept unknown, or at the nought that it was. */
function tcpInfoOf(kept: Opening): TcpInfo {
  return {
    state: kept.state,
    retransmitsInARow: 0,
    lastDataSentMs: kept.lastDataSentMs,
    lastDataReceivedMs: 0,
    lastAckReceivedMs: kept.lastAckReceivedMs,
    rttUs: kept.rttUs,
    totalRetransmits: kept.totalRetransmits,
    bytesAcked: undefined,
    bytesReceived: kept.bytesReceived,
    notSentBytes: undefined,
    bytesSent: undefined,
    bytesRetransmitted: undefined,
  };
}
