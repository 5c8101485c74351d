import type { Glance } from '../../connection/census.ts';
import type { Row } from '../../connection/observation.ts';
import type { SynfinError } from '../../errors.ts';
import type { FourTuple } from '../../tcp/endpoint.ts';
import type { Instant } from '../../tcp/identity.ts';
import { stateFromLinux, type TcpState } from '../../tcp/state.ts';
import { checkInetDiag, expiresAt, fourTupleAt, parseInetDiag, reply, socketId } from './inet-diag.ts';

/**
 * One socket of a dump, in the kernel's own bytes: each field is read when it is asked for, and the whole holds until
 * the next one comes. A dump of 50,000 sockets makes an object for those alone that somebody keeps.
 */
export class DiagMessage implements Glance {
  readonly #view: DataView;
  #start = 0;
  #end = 0;
  #at: Instant = 0 as Instant;

  constructor(view: DataView) {
    this.#view = view;
  }

  /** Goes to the payload from `start` to `end`, received at `at`; says what is wrong with it, if anything is. */
  goTo(start: number, end: number, at: Instant): SynfinError | undefined {
    this.#start = start;
    this.#end = end;
    this.#at = at;
    return checkInetDiag(this.#view, start, end);
  }

  get state(): TcpState {
    return stateFromLinux(this.#view.getUint8(this.#start + 1)) ?? 'closed';
  }

  /** The socket cookie as a number. */
  get cookie(): number {
    const at = this.#start + reply.id + socketId.cookie;
    return this.#view.getUint32(at + 4, true) * 0x1_0000_0000 + this.#view.getUint32(at, true);
  }

  get localPort(): number {
    return this.#view.getUint16(this.#start + reply.id + socketId.sourcePort);
  }

  get peerPort(): number {
    return this.#view.getUint16(this.#start + reply.id + socketId.destinationPort);
  }

  get receiveQueue(): number {
    return this.#view.getUint32(this.#start + reply.rqueue, true);
  }

  get sendQueue(): number {
    return this.#view.getUint32(this.#start + reply.wqueue, true);
  }

  /** 0 for a socket without a file. */
  get inode(): number {
    return this.#view.getUint32(this.#start + reply.inode, true);
  }

  get expiresMs(): number | undefined {
    return expiresAt(this.#view, this.#start);
  }

  get fourTuple(): FourTuple {
    return fourTupleAt(this.#view, this.#start);
  }

  /** All of it, to keep, or what is wrong with its attributes. */
  row(): Row | SynfinError {
    return parseInetDiag(this.#view, this.#start, this.#end, this.#at);
  }
}
