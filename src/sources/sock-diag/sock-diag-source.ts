import type { Glance } from '../../connection/census.ts';
import { isOrphan, orphanStates } from '../../connection/orphan.ts';
import { NotSupportedError, SynfinError } from '../../errors.ts';
import type { Libc } from '../../ffi/libc.ts';
import type { Instant } from '../../tcp/identity.ts';
import type { TcpState } from '../../tcp/state.ts';
import type { Pace, PacedLook, Spent } from '../pace.ts';
import type { LookRequest, OwnLook, Report, Source } from '../source.ts';
import type { DiagMessage } from './diag-message.ts';
import { dump, rowsTo } from './dump.ts';
import { lookUp } from './look-up.ts';

export interface SockDiagOptions {
  readonly libc: () => Libc;
  readonly now: () => Instant;
  readonly pace: Pace;
  /** Looks at our own sockets by descriptor. */
  readonly own: () => OwnLook;
  /** Whether a socket without a descriptor may be one that this process closed a while ago. */
  readonly remembers: (socket: Glance) => boolean;
  /** Whether to sweep the network namespace as well; one thread of a process is enough for that. */
  readonly sweepNamespace: boolean;
}

/**
 * The states that are looked for in the whole network namespace at every interval: the kernel picks them, so that it
 * costs little however many connections are healthy, and no counter would say that there are any.
 */
const sweptStates: readonly TcpState[] = ['close_wait', ...orphanStates];

interface Sweep {
  readonly states: readonly TcpState[];
  readonly wanted?: (socket: Glance) => boolean;
  readonly dueAfterMs?: number;
}

/** A dump that fails so often in a row means that the source is broken, not that the moment was bad. */
const mostFailures = 3;

/** The kernel's sock_diag over netlink, and TCP_INFO of our own descriptors. Needs Linux and no privilege. */
export class SockDiagSource implements Source {
  readonly name = 'sock_diag';
  readonly #options: SockDiagOptions;

  constructor(options: SockDiagOptions) {
    this.#options = options;
  }

  async probe(signal: AbortSignal = new AbortController().signal): Promise<NotSupportedError | undefined> {
    const look = this.#options.pace.look();
    try {
      const libc = this.#options.libc();
      const { error } = await this.#dump(libc, ['listen'], () => {}, look, signal);
      // Out of descriptors is a bad moment, not a host that cannot.
      return error && error.code !== 'SYNFIN_NO_DESCRIPTORS' ? asNotSupported(error) : undefined;
    } catch (error) {
      if (error instanceof NotSupportedError) return error;
      throw error;
    } finally {
      look.end();
    }
  }

  async run(report: Report, signal: AbortSignal): Promise<void> {
    const { libc, pace, own, sweepNamespace } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      const pauseMs = await pace.wait(signal);
      if (signal.aborted) return;
      const look = pace.look();
      try {
        look.slices.begin();
        await own().sweep(report, look.slices, signal);
        look.slices.end();
        if (sweepNamespace) await this.#listeners(libc(), report, look, signal);
        const sweep = { states: sweptStates, wanted: this.#isNews, dueAfterMs: pauseMs };
        const error = await this.#sweep(libc(), sweep, report, look, signal);
        // Out of descriptors is what a leak ends in: own sockets can still be looked at, and must be.
        const broken = error !== undefined && error.code !== 'SYNFIN_NO_DESCRIPTORS';
        failures = broken ? failures + 1 : 0;
        // A refusal stays one: another source may see what this one does not any more.
        if (error instanceof NotSupportedError || failures >= mostFailures) throw error;
      } finally {
        look.end();
      }
    }
  }

  async look(request: LookRequest, report: Report): Promise<void> {
    const libc = this.#options.libc();
    const look = this.#options.pace.look();
    try {
      if (request.kind === 'states') {
        await this.#sweep(libc, request, report, look, new AbortController().signal);
        return;
      }
      look.slices.begin();
      const row = lookUp(libc, request.id, this.#options.now);
      if (row instanceof SynfinError) throw row;
      if (row) report(row);
    } finally {
      look.end();
    }
  }

  async glance(states: readonly TcpState[], visit: (socket: Glance) => void, signal: AbortSignal): Promise<boolean> {
    const { libc, now, pace } = this.#options;
    const look = pace.look();
    try {
      const take = (message: DiagMessage) => void visit(message);
      return (await dump(libc(), states, take, { now, signal, look })).whole;
    } finally {
      look.end();
    }
  }

  charge(us: number): void {
    this.#options.pace.charge(us);
  }

  pause(): number {
    return this.#options.pace.pause();
  }

  spent(): Spent {
    return this.#options.pace.spent();
  }

  async #sweep(
    libc: Libc,
    { states, wanted, dueAfterMs }: Sweep,
    report: Report,
    look: PacedLook,
    signal: AbortSignal,
  ): Promise<SynfinError | undefined> {
    const startedAt = this.#options.now();
    const { whole, malformed, error } = this.#options.sweepNamespace
      ? await this.#dump(libc, states, report, look, signal, wanted)
      : nothingSwept;
    const at = this.#options.now();
    if (signal.aborted) return error;
    if (malformed > 0) report({ kind: 'lost', source: 'sock_diag', at, count: malformed, what: 'malformed rows' });
    report({ kind: 'sweep_end', source: 'sock_diag', startedAt, at, states, whole, dueAfterMs });
    return error;
  }

  /** What each says of its queue. What goes wrong with it, goes wrong with the sweep too. */
  async #listeners(libc: Libc, report: Report, look: PacedLook, signal: AbortSignal): Promise<void> {
    const { now } = this.#options;
    await dump(libc, ['listen'], rowsTo(report), { now, signal, look, asked: { memory: true } });
  }

  /** Of those that somebody has open in another state, the descriptor tells, where it is ours. */
  readonly #isNews = (socket: Glance): boolean =>
    socket.state === 'close_wait' || (isOrphan(socket) && this.#options.remembers(socket));

  #dump(
    libc: Libc,
    states: readonly TcpState[],
    report: Report,
    look: PacedLook,
    signal: AbortSignal,
    wanted?: (socket: Glance) => boolean,
  ) {
    return dump(libc, states, rowsTo(report, wanted), { now: this.#options.now, signal, look, asked: { info: true } });
  }
}

const nothingSwept = { whole: false, malformed: 0, error: undefined };

function asNotSupported(error: SynfinError): NotSupportedError {
  if (error instanceof NotSupportedError) return error;
  return new NotSupportedError(error.message, 'a kernel that answers sock_diag', { cause: error });
}
