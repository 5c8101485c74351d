import type { FourTuple } from '../tcp/endpoint.ts';
import type { TcpState } from '../tcp/state.ts';

/** A socket as a walk over all of them passes it by: each field is read when it is asked for, and holds until the next. */
export interface Glance {
  readonly state: TcpState;
  readonly localPort: number;
  readonly peerPort: number;
  readonly fourTuple: FourTuple;
  /** As a number; 0 where the source does not tell. */
  readonly cookie: number;
  /** 0: no file. */
  readonly inode: number;
  readonly receiveQueue: number;
  readonly sendQueue: number;
  /** Until the timer fires: of a TIME_WAIT, until it is over. Undefined where none runs. */
  readonly expiresMs: number | undefined;
}

/** What a walk over the sockets of the namespace found, place by place. */
export interface Census {
  readonly states: readonly TcpState[];
  /** Every socket was seen. */
  readonly whole: boolean;
  readonly sockets: number;
}
