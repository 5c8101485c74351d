import type { Socket } from 'node:net';
import type { SocketRef } from '../../connection/observation.ts';
import type { Endpoint } from '../../tcp/endpoint.ts';
import { type Instant, instant } from '../../tcp/identity.ts';
import type { TcpState } from '../../tcp/state.ts';
import { handshakeRetransmits, type TcpInfo } from '../../tcp/tcp-info.ts';
import type { OwnSocket } from '../source.ts';
import type { ConnectCall } from './connect-call.ts';
import { type Ending, endingInfoOf, endingOf } from './ending-info.ts';
import { type Opening, openingInfoOf, openingOf, rttOf, tcpInfoOf } from './opening-info.ts';
import type { TcpHandle } from './tcp-handle.ts';

/** What few connections have, or none for long. */
interface Rare {
  readonly receivedBefore: number;
  readonly nextCall: ConnectCall | undefined;
  readonly ending: Ending | undefined;
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
  /** See `at`: where there is a call, in whole microseconds since that, so that it is a small number. */
  readonly #at: number;
  /** The bits below, and above them which attempt of its call this is. */
  #flags: number;
  /** Of the one that called connect(); undefined for one that was accepted or came from elsewhere. */
  readonly call: ConnectCall | undefined;
  peer: Endpoint | undefined;
  /** The socket cookie as a number; 0 where the kernel does not tell. */
  cookie = 0;
  /** While it is opening, when the connect request was over; then, when it was open, if not at once. Since `at`, as that. */
  #overAfter: number | undefined;
  #opening: Opening | undefined;
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
    this.#at = call ? Math.round(at - call.at) : at;
    this.call = call;
  }

  /** connect(2) returned, or the accepted socket was seen first. */
  get at(): Instant {
    return instant(this.call ? this.call.at + this.#at : this.#at);
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
    return isSet(this.#flags, flag.open) ? undefined : later(this.at, this.#overAfter);
  }

  set answeredAt(at: Instant | undefined) {
    this.#overAfter = at === undefined ? undefined : Math.round(at - this.at);
  }

  get openedAt(): Instant | undefined {
    return isSet(this.#flags, flag.open) ? (later(this.at, this.#overAfter) ?? this.at) : undefined;
  }

  /** Of a connect() that was called since. */
  get nextCall(): ConnectCall | undefined {
    return this.#rare?.nextCall;
  }

  set nextCall(nextCall: ConnectCall | undefined) {
    this.#rare = { receivedBefore: this.receivedBefore, nextCall, ending: this.#rare?.ending };
  }

  /** What the kernel had received before Node counted on this handle; not 0 for an adopted socket. */
  get receivedBefore(): number {
    return this.#rare?.receivedBefore ?? 0;
  }

  set receivedBefore(receivedBefore: number) {
    if (receivedBefore === this.receivedBefore) return;
    this.#rare = { receivedBefore, nextCall: this.nextCall, ending: this.#rare?.ending };
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
    if (at !== this.at) this.#overAfter = Math.round(at - this.at);
    if (info) this.#opening = openingOf(info);
  }

  ending(at: Instant, info: TcpInfo | undefined): void {
    this.#rare = { receivedBefore: this.receivedBefore, nextCall: this.nextCall, ending: endingOf(at, info) };
  }

  /** When the application ended its side. */
  get endingAt(): Instant | undefined {
    return this.#rare?.ending?.at;
  }

  /** How long the peer had been finished when the application ended its side. */
  get msInCloseWait(): number {
    const { state, lastAckReceivedMs = 0 } = this.#rare?.ending ?? {};
    return state === 'close_wait' ? lastAckReceivedMs : 0;
  }

  /** The state that TCP_INFO had when the handshake was over; undefined where it was not asked. */
  get state(): TcpState | undefined {
    return typeof this.#opening === 'number' ? 'established' : this.#opening?.state;
  }

  /** Of the SYN or the SYN+ACK. */
  get retransmits(): number {
    return typeof this.#opening === 'object' ? (handshakeRetransmits(tcpInfoOf(this.#opening)) ?? 0) : 0;
  }

  /** As TCP_INFO was when the handshake was over, in the parts that were kept. */
  openingInfo(): TcpInfo | undefined {
    return this.#opening === undefined ? undefined : openingInfoOf(this.#opening);
  }

  /** As TCP_INFO was when the application ended its side, in the parts that were kept. */
  endingInfo(): TcpInfo | undefined {
    return endingInfoOf(this.#rare?.ending, rttOf(this.#opening));
  }

  /** Microseconds from the SYN until the handshake was over, or until this process heard of it. */
  get handshakeUs(): number {
    return this.call && this.openedAt !== undefined ? this.openedAt - this.at : rttOf(this.#opening);
  }
}

/** Functions, for a private method is one field more. */
function isSet(flags: number, bit: number): boolean {
  return (flags & bit) !== 0;
}

function withBit(flags: number, bit: number, is: boolean): number {
  return is ? flags | bit : flags & ~bit;
}

function later(at: Instant, us: number | undefined): Instant | undefined {
  return us === undefined ? undefined : instant(at + us);
}
