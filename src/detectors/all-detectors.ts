import type { Race } from '../connection/host-fact.ts';
import type { Endpoint } from '../tcp/endpoint.ts';
import { AcceptQueue } from './accept-queue.ts';
import { closeWaitLeak } from './close-wait-leak.ts';
import type { Detector } from './detector.ts';
import { EphemeralPorts } from './ephemeral-ports.ts';
import { finWait2Stall } from './fin-wait-2-stall.ts';
import { handshakeStall } from './handshake-stall.ts';
import type { HostDetector } from './host-detector.ts';
import { IdlePileUp } from './idle-pile-up.ts';
import { KeepAliveRace } from './keep-alive-race.ts';
import { stuckWrite } from './stuck-write.ts';
import { SynFlood } from './syn-flood.ts';
import { TimeWaitBuildup } from './time-wait-buildup.ts';
import { unreadData } from './unread-data.ts';

/** From when on something is trouble, by the names of the options; times in milliseconds. */
export interface Thresholds {
  readonly closeWaitMs: number;
  readonly unreadMs: number;
  readonly stuckWriteMs: number;
  readonly finWait2Ms: number;
  readonly handshakeMs: number;
  readonly timeWaitShare: number;
}

/** Whether the application wants to hear nothing of a place that clients go to, by address and by its own name for it. */
export type IgnoresDestination = (peer: Endpoint, requested: Endpoint | undefined) => boolean;

/** Those that look at one connection at a time. */
export function connectionDetectors(thresholds: Thresholds): readonly Detector[] {
  return [
    closeWaitLeak(thresholds.closeWaitMs * 1000),
    unreadData(thresholds.unreadMs * 1000),
    stuckWrite(thresholds.stuckWriteMs * 1000),
    finWait2Stall(thresholds.finWait2Ms * 1000),
    handshakeStall(thresholds.handshakeMs * 1000),
  ];
}

export interface HostDetectors {
  readonly all: readonly HostDetector[];
  readonly ports: EphemeralPorts;
}

/** Those that look at what the connections have in common. */
export function hostDetectors(
  { timeWaitShare }: Pick<Thresholds, 'timeWaitShare'>,
  ignores: IgnoresDestination | undefined,
): HostDetectors {
  const ports = new EphemeralPorts({ timeWaitShare, ignores });
  const isIgnored = ({ requested, peer = requested }: Race) =>
    peer !== undefined && ignores?.(peer, requested) === true;
  const races = new KeepAliveRace(isIgnored);
  const timeWaits = new TimeWaitBuildup(timeWaitShare);
  return { all: [new AcceptQueue(), new SynFlood(), ports, timeWaits, races, new IdlePileUp()], ports };
}
