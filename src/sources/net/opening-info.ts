import type { TcpState } from '../../tcp/state.ts';
import type { TcpInfo } from '../../tcp/tcp-info.ts';

/** TCP_INFO when the handshake was over, as far as it is wanted later. */
interface Kept {
  readonly state: TcpState;
  readonly rttUs: number;
  readonly lastDataSentMs: number;
  readonly lastAckReceivedMs: number;
  readonly totalRetransmits: number | undefined;
  readonly bytesReceived: number | undefined;
  /** Not 0: it was read late, and `totalRetransmits` is not the handshake's alone. */
  readonly bytesRetransmitted: number | undefined;
}

/**
 * One number where nothing but time had passed, as with most connections: the round trip and two ages, side by side.
 * Among ten thousand connections an object is 0.8 MB.
 */
export type Opening = number | Kept;

/** 16 s of microseconds, and 8 s of milliseconds: together they are no more than a number holds exactly. */
const rttSpan = 2 ** 24;
const ageSpan = 2 ** 13;

/** What is wanted later of the struct, which is filled anew at the next question. */
export function openingOf(info: TcpInfo): Opening {
  const { state, rttUs, lastDataSentMs, lastAckReceivedMs, totalRetransmits, bytesReceived, bytesRetransmitted } = info;
  const nothingMoved = totalRetransmits === 0 && bytesReceived === 0 && bytesRetransmitted === 0;
  const fits = rttUs < rttSpan && lastDataSentMs < ageSpan && lastAckReceivedMs < ageSpan;
  if (state === 'established' && nothingMoved && fits)
    return rttUs + rttSpan * (lastDataSentMs + ageSpan * lastAckReceivedMs);
  return { state, rttUs, lastDataSentMs, lastAckReceivedMs, totalRetransmits, bytesReceived, bytesRetransmitted };
}

/** The way back, with what was not kept unknown, or at the nought that it was. */
export function openingInfoOf(opening: Opening): TcpInfo {
  if (typeof opening === 'object') return tcpInfoOf(opening);
  const ages = Math.floor(opening / rttSpan);
  return tcpInfoOf({
    state: 'established',
    rttUs: opening % rttSpan,
    lastDataSentMs: ages % ageSpan,
    lastAckReceivedMs: Math.floor(ages / ageSpan),
    totalRetransmits: 0,
    bytesReceived: 0,
    bytesRetransmitted: 0,
  });
}

/** TCP_INFO, as far as these tell it. */
export function tcpInfoOf(kept: Kept): TcpInfo {
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

/** The round trip alone, in microseconds. */
export function rttOf(opening: Opening | undefined): number {
  if (typeof opening === 'object') return opening.rttUs;
  return opening === undefined ? 0 : opening % rttSpan;
}
