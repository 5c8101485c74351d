import type { TcpState } from '../../tcp/state.ts';
import type { TcpInfo } from '../../tcp/tcp-info.ts';

/** TCP_INFO when the handshake was over, as far as it is wanted later. */
export interface Opening {
  readonly state: TcpState;
  readonly rttUs: number;
  readonly lastDataSentMs: number;
  readonly lastAckReceivedMs: number;
  readonly totalRetransmits: number | undefined;
  readonly bytesReceived: number | undefined;
  /** Not 0: it was read late, and `totalRetransmits` is not the handshake's alone. */
  readonly bytesRetransmitted: number | undefined;
}

/** What is wanted later of the struct, which is filled anew at the next question. */
export function openingOf({
  state,
  rttUs,
  lastDataSentMs,
  lastAckReceivedMs,
  totalRetransmits,
  bytesReceived,
  bytesRetransmitted,
}: TcpInfo): Opening {
  return { state, rttUs, lastDataSentMs, lastAckReceivedMs, totalRetransmits, bytesReceived, bytesRetransmitted };
}

/** The way back, with what was not kept unknown, or at the nought that it was. */
export function tcpInfoOf(kept: Opening): TcpInfo {
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
    bytesRetransmitted: kept.bytesRetransmitted,
  };
}
