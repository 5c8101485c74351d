import type { Instant } from '../../tcp/identity.ts';
import type { TcpState } from '../../tcp/state.ts';
import type { TcpInfo } from '../../tcp/tcp-info.ts';
import { tcpInfoOf } from './opening-info.ts';

/** The application ended its side, and TCP_INFO then, as far as it is wanted later. */
export interface Ending {
  readonly at: Instant;
  /** Undefined where the kernel was not asked. */
  readonly state: TcpState | undefined;
  readonly lastAckReceivedMs: number;
}

export function endingOf(at: Instant, info: TcpInfo | undefined): Ending {
  return { at, state: info?.state, lastAckReceivedMs: info?.lastAckReceivedMs ?? 0 };
}

/** The way back, with the round trip that was kept elsewhere, and what was not kept unknown. */
export function endingInfoOf(ending: Ending | undefined, rttUs: number): TcpInfo | undefined {
  const { state, lastAckReceivedMs = 0 } = ending ?? {};
  if (state === undefined) return undefined;
  const unknown = { lastDataSentMs: 0, totalRetransmits: 0, bytesReceived: undefined, bytesRetransmitted: undefined };
  return tcpInfoOf({ state, rttUs, lastAckReceivedMs, ...unknown });
}
