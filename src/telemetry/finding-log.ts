import type { SpanContext } from '@opentelemetry/api';
import { idOf, type Lifecycle } from '../connection/lifecycle.ts';
import type { ExplainedFinding } from '../explain/explain.ts';
import type { Instant } from '../tcp/identity.ts';
import { rootWith } from './api.ts';
import { findingAttributes, sampleAttributes, standingAttributes } from './finding-attributes.ts';
import { findingEvent, resolvedEvent } from './finding-events.ts';
import type { LogAttributes, OtelLogger } from './otel-logger.ts';
import { attribute } from './semconv.ts';
import type { WallClock } from './wall-clock.ts';

const warn = { severityNumber: 13, severityText: 'WARN' } as const;
const info = { severityNumber: 9, severityText: 'INFO' } as const;

export interface FindingLogOptions {
  readonly logger: OtelLogger;
  readonly clock: () => WallClock;
  readonly now: () => Instant;
  /** Of the handshake's span, once there is one. */
  readonly handshakeOf: (connection: Lifecycle) => SpanContext | undefined;
  readonly fault: (where: string, error: unknown) => void;
}

/** After a look. */
export interface Looked {
  /** The findings that there are to tell. */
  readonly told: readonly ExplainedFinding[];
  /** All that are open, told or not. */
  readonly open: () => readonly ExplainedFinding[];
  /** Where the connections are that findings name. */
  readonly among: Iterable<Lifecycle>;
}

/** What a finding was said to be about: its end names the same connection, and belongs to the same trace. */
interface About {
  readonly handshake: SpanContext | undefined;
  readonly attributes: LogAttributes;
}

/**
 * Sends each finding out as log records: when it is raised, when it changes and when it is cleared. One that was raised
 * when nobody heard is told when somebody does, if it is open then.
 */
export class FindingLog {
  readonly #options: FindingLogOptions;
  /** Open ones, by their ids, as they were told last. */
  readonly #told = new Map<string, About>();
  /** Open ones that nobody has heard of. */
  readonly #untold = new Set<string>();

  constructor(options: FindingLogOptions) {
    this.#options = options;
  }

  /** A look is over. Never throws. */
  look(looked: Looked): void {
    try {
      this.#note(looked.told);
      if (this.#options.logger.isHeard) this.#tell(this.#due(looked), looked.among);
      for (const { id, status } of looked.told) if (status === 'cleared') this.#told.delete(id);
    } catch (error) {
      this.#fault(error);
    }
  }

  readonly #fault = (error: unknown): void => this.#options.fault('log records', error);

  #note(told: readonly ExplainedFinding[]): void {
    for (const { id, status } of told) {
      if (status === 'cleared') this.#untold.delete(id);
      else if (!this.#told.has(id)) this.#untold.add(id);
    }
  }

  /** The end of one that nobody has heard of is nothing to tell; nor is one that has nothing left for now. */
  #due({ told, open }: Looked): readonly ExplainedFinding[] {
    const due = told.filter(({ id }) => this.#told.has(id));
    return this.#untold.size === 0
      ? due
      : [...due, ...open().filter(({ id, count }) => count > 0 && this.#untold.has(id))];
  }

  #tell(due: readonly ExplainedFinding[], among: Iterable<Lifecycle>): void {
    if (due.length === 0) return;
    const handshakes = this.#handshakes(due, among);
    for (const finding of due) {
      this.#untold.delete(finding.id);
      try {
        // A rejection that nobody takes would end the process.
        Promise.resolve(this.#emit(finding, this.#about(finding, handshakes))).catch(this.#fault);
      } catch (error) {
        this.#fault(error);
      }
    }
  }

  #about({ id, sample: [oldest] }: ExplainedFinding, handshakes: ReadonlyMap<string, SpanContext>): About {
    const before = this.#told.get(id) ?? { handshake: undefined, attributes: {} };
    if (oldest === undefined) return before;
    const attributes = sampleAttributes(oldest);
    // It may be over since it was looked at.
    const same = attributes[attribute.connectionId] === before.attributes[attribute.connectionId];
    const about = {
      handshake: handshakes.get(oldest.connection_id) ?? (same ? before.handshake : undefined),
      attributes,
    };
    this.#told.set(id, about);
    return about;
  }

  #emit(finding: ExplainedFinding, { handshake, attributes }: About): unknown {
    const { logger, clock, now } = this.#options;
    const { kind, status, message, sample } = finding;
    const at = now();
    const context = rootWith(handshake);
    const [oldest] = sample;
    return logger.emit({
      ...(status === 'cleared' ? info : warn),
      eventName: status === 'cleared' ? resolvedEvent(kind) : findingEvent[kind],
      timestamp: clock().timesSince(at)(at),
      body: message,
      attributes: { ...findingAttributes(finding), ...attributes, ...(oldest && standingAttributes(finding, oldest)) },
      ...(context && { context }),
    });
  }

  /** Of the oldest connection of each. */
  #handshakes(due: readonly ExplainedFinding[], among: Iterable<Lifecycle>): ReadonlyMap<string, SpanContext> {
    const wanted = new Set(due.map(({ sample }) => sample[0]?.connection_id));
    const found = new Map<string, SpanContext>();
    for (const connection of among) {
      const id = idOf(connection);
      const span = wanted.has(id) ? this.#options.handshakeOf(connection) : undefined;
      if (span) found.set(id, span);
    }
    return found;
  }
}
