import { setTimeout as sleep } from 'node:timers/promises';
import type { ExplainedFinding } from '../../src/explain/explain.ts';
import type { Report } from './answering.ts';
import { slowestCheck } from './clients/requests.ts';
import type { Part } from './part.ts';
import { Stage } from './stage.ts';

export interface HealthyOptions {
  readonly minutes: number;
  /** As SYNFIN_SOURCES has it. */
  readonly sources: string;
  readonly load: number;
  readonly namespace: boolean;
  readonly note: (text: string) => void;
}

/** What one process was like at the start, a while after it began, and at the end. */
export interface PartResult {
  readonly name: string;
  readonly pid: number;
  readonly start: Report;
  readonly end: Report;
  /** The longest that it took to answer, asked about once a second, in milliseconds. */
  readonly slowestMs: number;
}

export interface HealthyResult {
  readonly minutes: number;
  readonly sources: string;
  readonly namespace: boolean;
  readonly deployed: number;
  /** False alarms, every one of them. */
  readonly told: readonly { readonly part: string; readonly finding: ExplainedFinding }[];
  /** Processes that ended, and what they said. */
  readonly broken: readonly string[];
  /** Errors of synfin's own, and what it dropped. */
  readonly lost: number;
  /** Processes whose source of kernel state did not look at all: nothing is proved of those. */
  readonly blind: readonly string[];
  readonly parts: readonly PartResult[];
}

const settleMs = 10_000;
const noteworthyMs = 3000;

/** The healthy service, all of its processes watched, with the thresholds as users have them. */
export async function healthy({ minutes, sources, load, namespace, note }: HealthyOptions): Promise<HealthyResult> {
  const until = performance.now() + minutes * 60_000;
  const stage = await Stage.begin({ watchAll: true, env: { SYNFIN_SOURCES: sources }, load, namespace });
  try {
    // Replicas come and go: the others are measured.
    const lasting = stage.parts.filter(({ name }) => name !== 'replica');
    await sleep(Math.min(settleMs, minutes * 20_000));
    const before = await Promise.all(lasting.map((part) => part.report()));
    const slowest = new Map<Part, number>();
    const stop = new AbortController();
    for (const part of lasting) void askAgain(part, stop.signal, slowest, note);
    let said = 0;
    while (performance.now() < until && stage.broken.length === 0) {
      await sleep(Math.min(1000, Math.max(0, until - performance.now())));
      for (; said < stage.told.length; said++) note(JSON.stringify(stage.told[said], undefined, 2));
    }
    stop.abort();
    const { broken, told } = stage;
    const after = await Promise.all(lasting.map((part) => part.report().catch(() => undefined)));
    const parts = lasting.flatMap((part, n): PartResult[] => {
      const { name, pid } = part;
      const [start, end, slowestMs = 0] = [before[n], after[n], slowest.get(part)];
      return start && end ? [{ name, pid, start, end, slowestMs }] : [];
    });
    const lost = parts.reduce((sum, { end }) => sum + end.sources.reduce((total, source) => total + source.lost, 0), 0);
    const blind = parts.filter(({ end }) => !end.sources.some(({ looks = 0 }) => looks > 1)).map(({ name }) => name);
    return {
      minutes,
      sources,
      namespace: stage.hasNamespace,
      deployed: stage.deployed,
      told,
      broken,
      lost,
      blind,
      parts,
    };
  } finally {
    await stage.end();
  }
}

/** Longer than that a process should not have had to wait for the processor: what its peers say of it then is true. */
export const starvedMs = 10_000;

/**
 * The longest that any of them did not answer, or that a new connection waited for, in milliseconds: Node takes one
 * connection out of the queue in each turn of the event loop, so that those may wait for much longer.
 */
export function slowestMs({ parts }: HealthyResult): number {
  return Math.max(0, ...parts.map((part) => Math.max(part.slowestMs, part.end.did[slowestCheck] ?? 0)));
}

/** A process that does not answer for long explains what others say of it. */
async function askAgain(
  part: Part,
  signal: AbortSignal,
  slowest: Map<Part, number>,
  note: (text: string) => void,
): Promise<void> {
  while (!signal.aborted && part.over === undefined) {
    const asked = performance.now();
    const soon = new Date().toISOString();
    await part.ask('ping').catch(() => {});
    const ms = performance.now() - asked;
    slowest.set(part, Math.max(ms, slowest.get(part) ?? 0));
    if (ms > noteworthyMs) note(`${soon} ${part.name} did not answer for ${(ms / 1000).toFixed(1)} s`);
    await sleep(1000, undefined, { ref: false });
  }
}

/** Nothing was told, all lived, and everybody had been looked at. */
export function isWell({ told, broken, lost, blind }: HealthyResult): boolean {
  return told.length === 0 && broken.length === 0 && lost === 0 && blind.length === 0;
}
