import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ExplainedFinding } from '../../src/explain/explain.ts';
import { type Fault, type Flood, floodedAddress, type Visit } from './fault.ts';
import { Part } from './part.ts';
import type { PeerPorts } from './peer.ts';
import { Stage } from './stage.ts';

export interface FaultOptions {
  readonly sources: string;
  readonly load: number;
  /** Options of synfin for the service, by their variables: thresholds, where somebody cannot wait for the usual ones. */
  readonly env: Readonly<Record<string, string>>;
  readonly stillMs?: number;
  /** After so long without a word of the fault it is held to be missed. */
  readonly limitMs: number;
  /** What else is told is waited for so long. */
  readonly lingerMs: number;
}

export interface FaultResult {
  readonly name: string;
  readonly fault: Fault;
  /** What this host lacks for it. */
  readonly skipped?: string;
  /** When it was told, in seconds after it was planted; undefined where it never was. */
  readonly afterS?: number | undefined;
  readonly words?: string | undefined;
  /** Told by mistake: everything that is not the one expected. */
  readonly others: readonly ExplainedFinding[];
  readonly broken: readonly string[];
}

const pollMs = 200;
const settleMs = 3000;
const floodS = 120;

/** The healthy service, and one fault in it. */
export async function faultRun(name: string, fault: Fault, options: FaultOptions): Promise<FaultResult> {
  const { env, sources, load, stillMs, limitMs, lingerMs } = options;
  const { before, atPlant = [] } = fault;
  const nothing = { name, fault, others: [], broken: [] };
  const stage = await Stage.begin({
    watchAll: false,
    env: { SYNFIN_SOURCES: sources, ...env },
    load,
    ...(stillMs !== undefined && { stillMs }),
    namespace: true,
    before: before ?? [],
  }).catch((error: Error) => error);
  if (stage instanceof Error) return { ...nothing, broken: [stage.message] };
  const ending: ChildProcess[] = [];
  const peer = new Part('peer', { watched: false, through: stage.through });
  try {
    if (before !== undefined && !stage.hasNamespace) return { ...nothing, skipped: 'needs a network namespace' };
    const ports = await peer.ask<PeerPorts>('listen');
    await sleep(settleMs);
    const { told } = stage.service;
    const early = told.splice(0);
    // What changes a setting may come before the fault, or find it there.
    const afterwards = fault.cause === 'retransmitting';
    if (!afterwards) await inNamespace(stage.through, atPlant);
    const visit = await stage.service.ask<Visit | Flood | undefined>('plant', { name, peer: ports });
    if (afterwards) await inNamespace(stage.through, atPlant);
    const plantedAt = performance.now();
    if (visit && 'floodPort' in visit) ending.push(flood(stage.through, visit));
    else if (visit) void peer.ask('visit', visit).catch(() => {});
    const isIt = ({ kind, cause }: ExplainedFinding) => kind === fault.kind && cause === fault.cause;
    const isExpected = (one: ExplainedFinding) =>
      isIt(one) || (one.kind === fault.kind && (fault.orCauses ?? []).includes(one.cause));
    while (!told.some(isIt) && performance.now() - plantedAt < limitMs && stage.broken.length === 0)
      await sleep(pollMs);
    const found = told.find(isIt);
    const afterS = found && (performance.now() - plantedAt) / 1000;
    if (found) await sleep(lingerMs);
    const others = [...early, ...told.filter((one) => !isExpected(one))];
    return { name, fault, afterS, words: found?.message, others, broken: stage.broken };
  } catch (error) {
    return { ...nothing, broken: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
  } finally {
    for (const child of ending) child.kill('SIGKILL');
    await peer.stop();
    await stage.end();
  }
}

export function isTold({ skipped, afterS, others, broken }: FaultResult): boolean {
  return skipped !== undefined || (afterS !== undefined && others.length === 0 && broken.length === 0);
}

async function inNamespace([file, ...args]: readonly string[], commands: readonly string[]): Promise<void> {
  if (file === undefined || commands.length === 0) return;
  await promisify(execFile)(file, [...args, 'sh', '-ec', commands.join('\n')]);
}

/** Raw packets, from another program: ends by itself, too. */
function flood([file = '', ...args]: readonly string[], { floodPort, aSecond }: Flood): ChildProcess {
  const syns = ['python3', 'test/fixtures/apps/syns.py', floodedAddress, `${floodPort}`, `${aSecond}`, `${floodS}`];
  return spawn(file, [...args, ...syns], { stdio: 'ignore' });
}
