/** The codes are stable: programs may test for them. */
export type SynfinErrorCode =
  | 'SYNFIN_BAD_OPTION'
  | 'SYNFIN_NOT_SUPPORTED'
  | 'SYNFIN_BAD_MESSAGE'
  | 'SYNFIN_SOURCE_FAILED'
  | 'SYNFIN_NO_DESCRIPTORS'
  | 'SYNFIN_METRIC_EXISTS';

/** Any error of ours. The message says what was attempted, on what, what came back, and what would make it work. */
export class SynfinError extends Error {
  readonly code: SynfinErrorCode;

  constructor(code: SynfinErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/**
 * This host cannot do it, and that is nobody's mistake. One error serves four readers: the fall-back from source to
 * source, the user's message, a diagnosis of the host, and the reason of a skipped test.
 */
export class NotSupportedError extends SynfinError {
  /** What would make it work, as a phrase: `Linux`, `the koffi binary for linux-arm64`, `CAP_NET_ADMIN`. */
  readonly requirement: string;

  constructor(what: string, requirement: string, options?: ErrorOptions) {
    super('SYNFIN_NOT_SUPPORTED', `${what}: needs ${requirement}`, options);
    this.requirement = requirement;
  }
}
