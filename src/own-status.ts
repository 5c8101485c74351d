import type { SourceStatus } from './sources/candidate.ts';

export interface OwnFigures {
  readonly stopped: boolean;
  /** Errors of synfin's own. */
  readonly errors: number;
  /** How often something was seen to happen to a connection. */
  readonly seen: number;
  /** What there was no room for. */
  readonly dropped: number;
}

/** The hook, and with it all of synfin that is no other source. */
export function ownStatus({ stopped, errors, seen, dropped }: OwnFigures): SourceStatus {
  return {
    name: 'net',
    state: stopped ? 'stopped' : 'running',
    reason: errors > 0 ? `${errors} errors of synfin's own were contained` : undefined,
    observations: seen,
    lost: errors + dropped,
  };
}
