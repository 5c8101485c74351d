import type { Row } from './observation.ts';

/**
 * How the kernel tries to get out what waits to be acknowledged: bytes, a SYN, a FIN. Undefined is what the looker
 * could not tell.
 */
export interface Sending {
  /** `retransmit`: segments are on their way. `probe`: the window is shut, and asked for again and again. */
  readonly timer: Row['timer'];
  /** Of the oldest segment, in a row. */
  readonly retransmits: number | undefined;
  /** Probes of the window that nobody has answered. */
  readonly probes: number | undefined;
  /** How often the timer, of either kind, was doubled. */
  readonly backoff: number | undefined;
  /** What the peer is ready to take, in bytes. */
  readonly window: number | undefined;
}

/** Undefined where nothing waits. */
export function sendingIn({ sendQueue, timer, retransmits, info }: Row): Sending | undefined {
  if (sendQueue === 0) return undefined;
  return {
    timer,
    retransmits: info?.retransmitsInARow ?? retransmits,
    probes: info?.probes,
    backoff: info?.backoff,
    window: info?.sendWindow,
  };
}

/** Something was sent once more than it should have to be, or the peer's window is shut. */
export function isHeldUp({ timer, retransmits = 0, probes = 0, backoff = 0 }: Sending): boolean {
  return retransmits > 0 || probes > 0 || backoff > 0 || timer === 'probe';
}
