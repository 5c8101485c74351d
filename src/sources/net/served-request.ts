import type { Instant } from '../../tcp/identity.ts';

/** A HTTP request, at the moment at which it is known which connection serves it. */
export interface ServedRequest {
  readonly by: 'http' | 'undici';
  /** The `http.ClientRequest`, or undici's own object for it. */
  readonly request: object;
  /** The telemetry context in which it was made. */
  readonly context: unknown;
  readonly madeAt: Instant;
  /** The connection served another one before. */
  readonly reused: boolean;
}
