import type { CallSite } from '../../connection/call-site.ts';
import type { Endpoint } from '../../tcp/endpoint.ts';
import type { Instant } from '../../tcp/identity.ts';

/** In one number, since each field of ten thousand connections is 80 kB; above them the attempts are counted. */
const flag = { suppressed: 1, awaitsRequest: 2, attempt: 4 } as const;

export interface Calling {
  readonly at: Instant;
  readonly requested: Endpoint;
  readonly context: unknown;
  readonly suppressed: boolean;
  readonly site: CallSite | undefined;
  readonly awaitsRequest: boolean;
}

/** One call of connect(), which may try several addresses. */
export class ConnectCall {
  readonly at: Instant;
  readonly requested: Endpoint;
  readonly site: CallSite | undefined;
  /** The telemetry context of the request; of what is not told at once, only what a late span needs is kept. */
  context: unknown;
  #flags: number;

  constructor({ at, requested, context, suppressed, site, awaitsRequest }: Calling) {
    this.at = at;
    this.requested = requested;
    this.site = site;
    this.context = context;
    this.#flags = (suppressed ? flag.suppressed : 0) | (awaitsRequest ? flag.awaitsRequest : 0);
  }

  /** Opened under suppressed tracing. */
  get suppressed(): boolean {
    return (this.#flags & flag.suppressed) !== 0;
  }

  /** Opened by a pool, for a request that is not known yet. */
  get awaitsRequest(): boolean {
    return (this.#flags & flag.awaitsRequest) !== 0;
  }

  requestKnown(): void {
    this.#flags &= ~flag.awaitsRequest;
  }

  /** One more address is tried: the how manieth, from 1 on. */
  nextAttempt(): number {
    this.#flags += flag.attempt;
    return this.#flags >> 2;
  }
}
