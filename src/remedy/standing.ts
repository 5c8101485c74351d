import type { SocketSignals } from '../connection/observation.ts';
import type { TcpState } from '../tcp/state.ts';

/** What the kernel says of a connection; undefined is what the looker cannot tell. */
export interface KernelWord {
  readonly state: TcpState;
  /** Bytes that nobody has read. */
  readonly unread: number;
  /** In sequence, read or not (tcpi_bytes_received). */
  readonly received: number | undefined;
  /** By the peer (tcpi_bytes_acked). */
  readonly acked: number | undefined;
  /** Bytes that the peer has not acknowledged. */
  readonly unacknowledged: number;
}

/** How a leaked connection stands at one moment, on both sides of the system call: plain values, to be compared. */
export type Standing = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** All that changes when a byte moves either way, or when somebody begins to read, to write, or to end the socket. */
export function standingOf(kernel: KernelWord, signals: SocketSignals): Standing {
  const { http, pipeTarget, ...socket } = signals;
  const { side, parsing, busy, incomingComplete, request, piped } = http ?? {};
  return {
    ...kernel,
    ...socket,
    pipeTarget: pipeTarget?.name,
    needsDrain: pipeTarget?.needsDrain,
    http: side,
    parsing,
    busy,
    incomingComplete,
    request,
    piped,
  };
}

export function stoodStill(before: Standing, now: Standing): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  for (const name of names) if (before[name] !== now[name]) return false;
  return true;
}
