import type { Glance } from '../../connection/census.ts';
import { isOrphan } from '../../connection/orphan.ts';
import { NotSupportedError } from '../../errors.ts';
import type { Instant, SocketIdentity } from '../../tcp/identity.ts';
import type { TcpState } from '../../tcp/state.ts';
import type { Pace, PacedLook, Spent } from '../pace.ts';
import type { LookRequest, OwnLook, Report, Source } from '../source.ts';
import { TableReport } from '../table-report.ts';
import { IdentitySet } from './identity-set.ts';
import type { TcpLine } from './proc-net-tcp.ts';
import { sweepTables, type TableSweepEnd } from './table-sweep.ts';

export interface ProcSourceOptions {
  readonly procRoot: string;
  readonly now: () => Instant;
  readonly pace: Pace;
  /** Looks at our own sockets by descriptor; where that asks no kernel, our own rows come from the table too. */
  readonly own: () => OwnLook;
  /** The connections that the core holds for suspicious: of these it wants to hear also when they are well again. */
  readonly suspects: () => Iterable<{ readonly id: SocketIdentity }>;
  /** Whether a socket without a descriptor may be one that this process closed a while ago. */
  readonly remembers: (socket: Glance) => boolean;
  /** Whether to read the whole namespace's table although own sockets are looked at; one thread of a process is enough. */
  readonly sweepNamespace: boolean;
}

/**
 * The states whose sockets are all told of, as long as somebody has them open. Whoever was told to be in one of these,
 * or established with unread bytes, is looked for until it is absent.
 */
const sweptStates: readonly TcpState[] = [
  ...(['established', 'syn_sent', 'fin_wait_1', 'fin_wait_2'] as const),
  ...(['close_wait', 'last_ack', 'closing'] as const),
];

/** A segment is lost now and then, and sent again once. */
const fewRetransmits = 2;

/** A table that cannot be read so often in a row means that the source is broken, not that the moment was bad. */
const mostFailures = 3;

/** The tables of /proc/net, and TCP_INFO of our own descriptors where that can be asked. Needs Linux and nothing else. */
export class ProcSource implements Source {
  readonly name = 'procfs';
  readonly #options: ProcSourceOptions;
  readonly #table = new TableReport('procfs', '/proc/net/tcp');

  constructor(options: ProcSourceOptions) {
    this.#options = options;
  }

  async probe(): Promise<NotSupportedError | undefined> {
    const look = this.#options.pace.look();
    const enough = new AbortController();
    // The first line is proof enough.
    const wanted = () => {
      enough.abort();
      return false;
    };
    const { error, lines, firstMalformed } = await this.#sweep(wanted, () => {}, look, enough.signal);
    look.end();
    if (error instanceof NotSupportedError) return error;
    if (error && error.code !== 'SYNFIN_NO_DESCRIPTORS') throw error;
    if (lines > 0 || firstMalformed === undefined) return undefined;
    return new NotSupportedError(`reading the table of sockets, ${firstMalformed}`, "Linux's /proc/net/tcp");
  }

  async run(report: Report, signal: AbortSignal): Promise<void> {
    const { pace, own, remembers, sweepNamespace } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      const pauseMs = await pace.wait(signal);
      if (signal.aborted) return;
      const look = pace.look();
      try {
        const byDescriptor = own();
        look.slices.begin();
        await byDescriptor.sweep(report, look.slices, signal);
        const suspects = await IdentitySet.of(this.#options.suspects(), look.slices);
        look.slices.end();
        const startedAt = this.#options.now();
        const wanted = (line: TcpLine) => isNews(line) || suspects.has(line) || (isOrphan(line) && remembers(line));
        const end =
          sweepNamespace || !byDescriptor.asksKernel ? await this.#sweep(wanted, report, look, signal) : nothingSwept;
        if (signal.aborted) return;
        const at = this.#options.now();
        const dueAfterMs = pauseMs + end.tookUs / 1000;
        this.#table.tell(end, { states: sweptStates, startedAt, at, dueAfterMs }, report);
        // Out of descriptors is what a leak ends in, and no reason to stop looking.
        const broken = end.error !== undefined && end.error.code !== 'SYNFIN_NO_DESCRIPTORS';
        failures = broken ? failures + 1 : 0;
        if (end.error instanceof NotSupportedError || failures >= mostFailures) throw end.error;
      } finally {
        look.end();
      }
    }
  }

  async look(request: LookRequest, report: Report): Promise<void> {
    const look = this.#options.pace.look();
    try {
      const startedAt = this.#options.now();
      const { signal } = new AbortController();
      if (request.kind === 'states') {
        const { states } = request;
        const end = await this.#sweep((line) => states.includes(line.state), report, look, signal);
        this.#table.tell(end, { states, startedAt, at: this.#options.now() }, report);
      } else {
        look.slices.begin();
        const asked = await IdentitySet.of([request], look.slices);
        look.slices.end();
        const { error } = await this.#sweep((line) => asked.has(line), report, look, signal);
        if (error) throw error;
      }
    } finally {
      look.end();
    }
  }

  async glance(states: readonly TcpState[], visit: (socket: Glance) => void, signal: AbortSignal): Promise<boolean> {
    const look = this.#options.pace.look();
    try {
      const pass = (line: TcpLine) => {
        if (states.includes(line.state)) visit(line);
        return false;
      };
      return (await this.#sweep(pass, () => {}, look, signal)).whole;
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

  #sweep(wanted: (line: TcpLine) => boolean, report: Report, look: PacedLook, signal: AbortSignal) {
    const { procRoot, now } = this.#options;
    return sweepTables({ procRoot, wanted, report, now, signal, look });
  }
}

const nothingSwept: TableSweepEnd = {
  whole: false,
  lines: 0,
  malformed: 0,
  firstMalformed: undefined,
  error: undefined,
  tookUs: 0,
};

/**
 * What is worth a row at every look: somebody has it open, and it is in none of the states in which a healthy
 * connection or server stays. One in CLOSE_WAIT that nobody has open waits to be accepted.
 */
function isNews({ state, inode, receiveQueue, sendQueue, timer, retransmits }: TcpLine): boolean {
  // Of its queue and how many wait in it.
  if (state === 'listen') return true;
  const isHeldUp = sendQueue > 0 && (retransmits >= fewRetransmits || timer === 'probe');
  if (state === 'established') return inode !== 0 && (receiveQueue > 0 || isHeldUp);
  return inode !== 0 || state === 'close_wait';
}
