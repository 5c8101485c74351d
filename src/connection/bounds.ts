export interface TrackerLimits {
  /** Connections held at once; the oldest released one, else the oldest of all, makes room. */
  readonly maxConnections: number;
  /** Of these, at most so many whose descriptor is closed already. */
  readonly maxReleased: number;
}

/** What the tracker holds and what it had to let go. */
export interface TrackerCounts {
  readonly connections: number;
  readonly released: number;
  readonly evicted: number;
  /** Events and rows that a source knows it did not see. */
  readonly lost: number;
  /** Rows of sockets that belong to nobody here and found no more room to wait in. */
  readonly strangersDropped: number;
}
