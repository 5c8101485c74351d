export interface TrackerLimits {
  /** Connections held at once; the oldest released one, else the oldest of all, makes room. */
  readonly maxConnections: number;
  /** Of these, at most so many whose descriptor is closed already. */
  readonly maxReleased: number;
}

/** Of the connections that are held, at most this share have their descriptor closed already. */
const releasedShare = 0.1;

export function trackerLimits(maxConnections: number): TrackerLimits {
  return { maxConnections, maxReleased: Math.ceil(maxConnections * releasedShare) };
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
