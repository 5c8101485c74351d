import type { CallSite } from '../../connection/call-site.ts';
import type { Endpoint } from '../../tcp/endpoint.ts';
import type { Instant } from '../../tcp/identity.ts';

/** One call of connect(), which may try several addresses. */
export interface ConnectCall {
  readonly at: Instant;
  readonly requested: Endpoint;
  /** The telemetry context of the request; of what is not told at once, only what a late span needs is kept. */
  context: unknown;
  readonly suppressed: boolean;
  readonly site: CallSite | undefined;
  /** Opened by a pool, for a request that is not known yet. */
  awaitsRequest: boolean;
  attempts: number;
}
