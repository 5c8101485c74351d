import type { Socket } from 'node:net';
import type { SocketRef } from '../../connection/observation.ts';
import type { Endpoint } from '../../tcp/endpoint.ts';
import type { Instant } from '../../tcp/identity.ts';
import type { TcpState } from '../../tcp/state.ts';
import { handshakeRetransmits, type TcpInfo } from '../../tcp/tcp-info.ts';
import type { OwnSocket } from '../source.ts';
import type { ConnectCall } from './connect-call.ts';
import { type Opening, openingOf, tcpInfoOf } from './opening-info.ts';
import type { TcpHandle } from './tcp-handle.ts';

/** The application ended its side. */
interface Ending {
  readonly at: Instant;
  readonly state: TcpState | undefined;
  readonly lastAckReceivedMs: number;
}

/** What few connections have. */
interface Rare {
  readonly receivedBefore: number;
  readonly nextCall: ConnectCall | undefined;
}

type Phase = 'opening' | 'open';

/** In one number, since each field of ten thousand connections is 80 kB. */
const flag = { open: 1, told: 2, unclaimed: 4, awaited: 8, timed: 16, beyond: 32 } as const;
const attemptShift = 5;

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
  /** The bits below, and above them which attempt of its call this is. */
  #flags: number;
  /** Of the one that called connect(); undefined for one that was accepted or came from elsewhere. */
  call: ConnectCall | undefined;
  peer: Endpoint | undefined;
  /** The socket cookie as a number; 0 where the kernel does not tell. */
  cookie = 0;
  /** While it is opening, when the connect request was over; then, when it was open, if that was not at once. */
  #overAt: Instant | undefined;
  #opening: Opening | undefined;
  #ending: Ending | undefined;
  #rare: Rare | undefined;

  constructor(
    ref: SocketRef,
    owner: EntryOwner,
    socket: Socket,
    handle: TcpHandle,
    phase: Phase,
    at: Instant,
    call: ConnectCall | undefined,
  ) {
    this.#ref = ref;
    this.#owner = owner;
    this.socket = socket;
    this.handle = handle;
    this.#flags = phase === 'open' ? flag.open : 0;
    this.at = at;
    this.call = call;
  }

  get phase(): Phase {
    return isSet(this.#flags, flag.open) ? 'open' : 'opening';
  }

  /** The tracker knows of it: what happens next is told as it happens. */
  get told(): boolean {
    return isSet(this.#flags, flag.told);
  }

  set told(is: boolean) {
    this.#flags = withBit(this.#flags, flag.told, is);
  }

  /** Came with a connected handle, and nobody has said yet whether it was accepted or comes from elsewhere. */
  get unclaimed(): boolean {
    return isSet(this.#flags, flag.unclaimed);
  }

  set unclaimed(is: boolean) {
    this.#flags = withBit(this.#flags, flag.unclaimed, is);
  }

  /** The end of the connect request will be heard of. */
  get awaited(): boolean {
    return isSet(this.#flags, flag.awaited);
  }

  set awaited(is: boolean) {
    this.#flags = withBit(this.#flags, flag.awaited, is);
  }

  /** Its handshake began while somebody measured, and its duration is still to be told. */
  get timed(): boolean {
    return isSet(this.#flags, flag.timed);
  }

  set timed(is: boolean) {
    this.#flags = withBit(this.#flags, flag.timed, is);
  }

  /** 1 for the first address that its call tried; 0 for one that was not opened here. */
  get attempt(): number {
    return this.#flags >> attemptShift;
  }

  set attempt(nth: number) {
    this.#flags = (this.#flags & (flag.beyond - 1)) | (nth << attemptShift);
  }

  /** The connect request is over, and only Node knows how. */
  get answeredAt(): Instant | undefined {
    return isSet(this.#flags, flag.open) ? undefined : this.#overAt;
  }

  set answeredAt(at: Instant | undefined) {
    this.#overAt = at;
  }

  get openedAt(): Instant | undefined {
    return isSet(this.#flags, flag.open) ? (this.#overAt ?? this.at) : undefined;
  }

  /** Of a connect() that was called since. */
  get nextCall(): ConnectCall | undefined {
    return this.#rare?.nextCall;
  }

  set nextCall(nextCall: ConnectCall | undefined) {
    this.#rare = { receivedBefore: this.receivedBefore, nextCall };
  }

  /** What the kernel had received before Node counted on this handle; not 0 for an adopted socket. */
  get receivedBefore(): number {
    return this.#rare?.receivedBefore ?? 0;
  }

  set receivedBefore(receivedBefore: number) {
    if (receivedBefore !== this.receivedBefore) this.#rare = { receivedBefore, nextCall: this.nextCall };
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
    this.#flags = withBit(this.#flags, flag.open, true);
    if (at !== this.at) this.#overAt = at;
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
    return (this.#opening && handshakeRetransmits(tcpInfoOf(this.#opening))) ?? 0;
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
    const unknown = { lastDataSentMs: 0, totalRetransmits: 0, bytesReceived: undefined, bytesRetransmitted: undefined };
    return tcpInfoOf({ state, rttUs, lastAckReceivedMs, ...unknown });
  }

  /** Microseconds from the SYN until the handshake was over, or until this process heard of it. */
  get handshakeUs(): number {
    return this.call && this.openedAt !== undefined ? this.openedAt - this.at : (this.#opening?.rttUs ?? 0);
  }
}

/** Functions, for a private method is one field more. */
function isSet(flags: number, bit: number): boolean {
  return (flags & bit) !== 0;
}

function withBit(flags: number, bit: number, is: boolean): number {
  return is ? flags | bit : flags & ~bit;
}
