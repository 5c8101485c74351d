import type { Instant } from '../../tcp/identity.ts';
import type { TcpInfo } from '../../tcp/tcp-info.ts';
import type { Entry } from './entry.ts';

/** Microseconds that nobody would call slow: what is slower is looked at closely by those who judge it. */
const surelyFastUs = 400_000;

/** As above, for the way from the first FIN to the close, in milliseconds. */
const surelyBriefMs = 4000;

/** A handshake of which nobody would say that something happened to it. */
export function isDullHandshake({ handshakeUs, retransmits, state }: Entry): boolean {
  return handshakeUs < surelyFastUs && retransmits === 0 && state !== 'closed';
}

/** A whole life of which nobody would say that something happened to it: no error, no RST, nothing slow or sent twice. */
export function isDullLife(entry: Entry, at: Instant, info: TcpInfo, bytesRead: number): boolean {
  if (info.totalRetransmits !== 0 || entry.handshakeUs >= surelyFastUs) return false;
  const { endingAt, msInCloseWait } = entry;
  const sinceEndingMs = endingAt === undefined ? 0 : (at - endingAt) / 1000;
  if (sinceEndingMs + msInCloseWait >= surelyBriefMs) return false;
  const { state, bytesReceived } = info;
  // The peer's FIN counts as a byte. Without it, and with nothing left to read, a socket in CLOSE was reset.
  if (state === 'established' || state === 'fin_wait_1' || state === 'fin_wait_2') return bytesReceived === bytesRead;
  if (state === 'closed' && endingAt === undefined) return false;
  // Until it was ended here, the FIN was the last segment that came.
  const sinceFinMs = endingAt === undefined ? info.lastAckReceivedMs : 0;
  return sinceFinMs < surelyBriefMs && bytesReceived === bytesRead + 1;
}
