import { NotSupportedError, SynfinError } from '../../errors.ts';
import { fourTupleKey } from '../../tcp/endpoint.ts';
import type { Instant } from '../../tcp/identity.ts';
import type { TcpState } from '../../tcp/state.ts';
import { quoted } from '../lines.ts';
import type { Pace, PacedLook, Spent } from '../pace.ts';
import type { LookRequest, OwnLook, Report, Source } from '../source.ts';
import { type TableEnd, TableReport } from '../table-report.ts';
import { rowFrom } from './netstat-rows.ts';
import { dialectOf, type NetstatDialect } from './node-netstat.ts';
import { runCommand } from './run-netstat.ts';

export interface NetstatSourceOptions {
  readonly now: () => Instant;
  readonly pace: Pace;
  /** Looks at our own sockets by descriptor, where libc can be called. */
  readonly own: () => OwnLook;
  readonly platform: NodeJS.Platform;
  /** How netstat is asked there, where it is not as the platform says. Throws `NotSupportedError`. */
  readonly dialect?: (platform: NodeJS.Platform) => NetstatDialect;
}

/** States whose sockets are told of at every look. Established ones are not: netstat's queues are not told. */
const sweptStates: readonly TcpState[] = [
  ...(['syn_sent', 'fin_wait_1', 'fin_wait_2', 'close_wait', 'last_ack', 'closing'] as const),
];

/** Nobody waits longer for netstat: it takes under a second for 50,000 sockets. */
const limitMs = 10_000;

/** A command that fails so often in a row means that the source is broken. */
const mostFailures = 3;

interface SweepEnd extends TableEnd {
  readonly error: SynfinError | undefined;
  readonly tookMs: number;
}

/**
 * What the program `netstat` prints, read by the package node-netstat: macOS, Windows, and the last resort on Linux. It
 * starts a process and so is asked the more rarely, the longer that takes.
 */
export class NetstatSource implements Source {
  readonly name = 'netstat';
  readonly #options: NetstatSourceOptions;
  #dialect: NetstatDialect | undefined;
  /** Which of the dialect's arguments this host's netstat understands. */
  #arguments: readonly string[] = [];
  readonly #table = new TableReport('netstat', 'netstat');

  constructor(options: NetstatSourceOptions) {
    this.#options = options;
  }

  async probe(signal: AbortSignal = new AbortController().signal): Promise<NotSupportedError | undefined> {
    const { platform, dialect = dialectOf } = this.#options;
    try {
      this.#dialect = dialect(platform);
    } catch (error) {
      if (error instanceof NotSupportedError) return error;
      throw error;
    }
    let refusal: SynfinError | undefined;
    for (const args of this.#dialect.arguments) {
      this.#arguments = args;
      const { error } = await this.#sweep([], () => {}, signal);
      if (error === undefined) return undefined;
      refusal ??= error;
    }
    const denied = (refusal?.cause as NodeJS.ErrnoException | undefined)?.code === 'ERR_ACCESS_DENIED';
    return new NotSupportedError(
      refusal?.message ?? 'running netstat',
      denied ? 'the permission --allow-child-process of Node' : `a program ${this.#dialect.command} that works`,
      { cause: refusal },
    );
  }

  async run(report: Report, signal: AbortSignal): Promise<void> {
    const { pace } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      const pauseMs = await pace.wait(signal);
      if (signal.aborted) return;
      await this.#lookAtOwn(report, signal);
      const startedAt = this.#options.now();
      const end = await this.#sweep(sweptStates, report, signal);
      if (signal.aborted) return;
      const dueAfterMs = pauseMs + end.tookMs;
      this.#table.tell(end, { states: sweptStates, startedAt, at: this.#options.now(), dueAfterMs }, report);
      failures = end.error ? failures + 1 : 0;
      if (end.error && failures >= mostFailures) throw end.error;
    }
  }

  async look(request: LookRequest, report: Report): Promise<void> {
    const startedAt = this.#options.now();
    const { signal } = new AbortController();
    if (request.kind === 'states') {
      const { states } = request;
      const end = await this.#sweep(states, report, signal);
      this.#table.tell(end, { states, startedAt, at: this.#options.now() }, report);
      return;
    }
    const { tuple } = request.id;
    if (tuple === undefined) return;
    const key = fourTupleKey(tuple);
    const only: Report = (observation) => {
      if (observation.kind !== 'row' || observation.id.tuple === undefined) return;
      if (fourTupleKey(observation.id.tuple) === key) report(observation);
    };
    const { error } = await this.#sweep(undefined, only, signal);
    if (error) throw error;
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

  async #lookAtOwn(report: Report, signal: AbortSignal): Promise<void> {
    const look = this.#options.pace.look();
    try {
      look.slices.begin();
      await this.#options.own().sweep(report, look.slices, signal);
    } finally {
      look.end();
    }
  }

  /** Reports the rows in these states, each once; undefined: in any state. */
  async #sweep(states: readonly TcpState[] | undefined, report: Report, signal: AbortSignal): Promise<SweepEnd> {
    const { pace, now } = this.#options;
    const dialect = this.#dialect;
    if (dialect === undefined) throw new SynfinError('SYNFIN_SOURCE_FAILED', 'running netstat before it was probed');
    const look: PacedLook = pace.look();
    const told = new Set<string>();
    let malformed = 0;
    let firstMalformed: string | undefined;
    const passed = states?.includes('established') === false;
    const line = (text: string): void => {
      // Nearly all lines of a busy host; to parse one takes the package some microseconds.
      if (passed && text.includes(' ESTABLISHED')) return;
      const row = rowFrom(text, dialect.parse, now());
      if (row === undefined) return;
      if (typeof row === 'string') {
        malformed++;
        const bytes = Buffer.from(text);
        firstMalformed ??= `${row}: ${quoted(bytes, 0, bytes.length)}`;
        return;
      }
      if (states?.includes(row.state) === false || row.id.tuple === undefined) return;
      const key = `${row.state} ${fourTupleKey(row.id.tuple)}`;
      if (told.has(key)) return;
      told.add(key);
      report(row);
    };
    const startedAt = now();
    const { command } = dialect;
    const error = await runCommand({ command, arguments: this.#arguments, now, signal, look, limitMs, line });
    look.end();
    const whole = error === undefined && malformed === 0 && !signal.aborted;
    return { whole, malformed, firstMalformed, error, tookMs: (now() - startedAt) / 1000 };
  }
}
