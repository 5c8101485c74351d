import type { Cause, FindingKind } from '../../src/detectors/kinds.ts';
import type { PeerPorts } from './peer.ts';

/** What somebody outside does to the service once a fault is planted. */
export interface Visit {
  readonly port: number;
  /** Connections in all, and how many of them at once; then a pause. */
  readonly times: number;
  readonly atOnce?: number;
  readonly pauseMs?: number;
  /** What each sends. */
  readonly text?: string;
  readonly bytes?: number;
  /** Each finishes its side, and waits for the other to do so. */
  readonly fin?: boolean;
}

/** Handshakes that are begun and not finished, so many a second, at this port of `floodedAddress`. */
export interface Flood {
  readonly floodPort: number;
  readonly aSecond: number;
}

/** What is done in the service. What it answers is done to it. */
export type Plant = (peer: PeerPorts) => Promise<Visit | Flood | undefined> | Visit | Flood | undefined;

/** A mistake that real services make, and the one thing that is to be said of it. */
export interface Fault {
  readonly kind: FindingKind;
  readonly cause: Cause;
  readonly plant: Plant;
  /** Shell commands in the network namespace, before anything runs there: the fault needs one of its own. */
  readonly before?: readonly string[];
  /** The same, when all runs already. */
  readonly atPlant?: readonly string[];
  /** Other causes of the same kind that may be told of it earlier or later, when more or less of it is seen. */
  readonly orCauses?: readonly Cause[];
}

/** In a fault's namespace: the service's end of a network, and an address on it that can vanish. */
export const floodedAddress = '10.9.0.1';
export const vanishingAddress = '10.88.0.2';

const kept: unknown[] = [];

/** Were it dropped, the garbage collector would close its connection. */
export function keep<Thing>(thing: Thing): Thing {
  kept.push(thing);
  return thing;
}
