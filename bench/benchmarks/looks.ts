// What it costs to look at the kernel while nothing happens: longest turns, TCP_INFO, a process at rest.
import { setTimeout as delay } from 'node:timers/promises';
import { type Benchmark, type Measured, type Row, roundsOf, type Setting } from '../benchmark.ts';
import type { Workload } from '../child.ts';
import { bare, hook } from '../preloads.ts';
import { interleaved } from '../rounds.ts';
import { stageIn } from '../stage.ts';
import type { Turns } from '../workloads/turns.ts';

const wall = (variant: string) => `${variant}, wall clock`;
const lookEveryMs = 300;
/** Twice that: there is a whole look in it. */
const windowMs = 600;

const turnRows: readonly Row[] = [
  { variant: bare },
  { variant: hook, atMost: 1 },
  { variant: wall(bare) },
  { variant: wall(hook), against: wall(bare) },
];

export const longestTurn: Benchmark = {
  name: 'longest_turn',
  what: 'longest turn of the event loop while synfin looks',
  unit: 'ms',
  compared: 'difference',
  rows: turnRows,
  how:
    '10,000 own connections, 50,000 sockets of others, a look every 300 ms; the longest turn in each window of 600 ms of ' +
    'a loop that never rests, by the CPU clock of its thread, and by the clock on the wall, which others hold up.',
  run: (setting) => withNetns(setting, turnRows, 50_000, measureTurns),
};

const noOthers = 'no other sockets';
const others = '50,000 other sockets';
const infoRows: readonly Row[] = [
  { variant: noOthers, atMost: 2 },
  { variant: others, against: noOthers, atMost: 1.1 },
];

export const tcpInfo: Benchmark = {
  name: 'tcp_info',
  what: "CPU of TCP_INFO of one of a process's own connections",
  unit: 'us',
  compared: 'ratio',
  rows: infoRows,
  how: 'getsockopt(TCP_INFO) and reading it, over 10,000 connections in turn, ten times.',
  run: measureInfo,
};

const idleRows: readonly Row[] = [{ variant: bare }, { variant: hook, against: bare, atMost: 2 }];

export const idleAlone: Benchmark = idle('idle_alone', 0, '10,000 idle connections');
export const idleBeside: Benchmark = idle('idle_beside_50000', 50_000, '10,000 idle connections, 50,000 of others');

function idle(name: string, foreign: number, which: string): Benchmark {
  return {
    name,
    what: `CPU per second at rest, ${which}`,
    unit: 'ms/s',
    compared: 'difference',
    rows: idleRows,
    how: 'user and system CPU of the process in windows of 10 s, both at the same time, looks every 5 s as they come.',
    run: (setting) => withNetns(setting, idleRows, foreign, measureIdle),
  };
}

type Stage = Awaited<ReturnType<typeof stageIn>>;

async function withNetns(
  setting: Setting,
  rows: readonly Row[],
  foreign: number,
  measure: (stage: Stage, setting: Setting) => Promise<Measured>,
): Promise<Measured> {
  const netns = await setting.makeNetns();
  if (typeof netns === 'string')
    return { samples: {}, skipped: Object.fromEntries(rows.map(({ variant }) => [variant, netns])) };
  const stage = await stageIn(netns, setting.quick ? foreign / 10 : foreign, setting);
  try {
    return await measure(stage, setting);
  } finally {
    stage.end();
  }
}

function ownConnections({ quick }: Setting): number {
  return quick ? 1000 : 10_000;
}

async function measureTurns(stage: Stage, setting: Setting): Promise<Measured> {
  // Looks as often as asked, whatever they cost.
  const env = { SYNFIN_INTERVAL_MS: `${lookEveryMs}`, SYNFIN_CPU_BUDGET: '1' };
  const workloads = new Map<string, Workload>();
  for (const variant of [bare, hook]) workloads.set(variant, await stage.start(variant, ownConnections(setting), env));
  const walls: Record<string, number[]> = { [wall(bare)]: [], [wall(hook)]: [] };
  const turn = async (variant: string) => {
    const turns = await workloads.get(variant)?.ask<Turns>({ ask: 'turn', ms: windowMs });
    if (turns === undefined) throw new Error(`nobody is ${variant}`);
    return turns;
  };
  // The first ones compile.
  if (!setting.quick) for (let i = 0; i < 5; i++) for (const variant of workloads.keys()) await turn(variant);
  const rounds = roundsOf(setting, { count: 31, warmUps: 0 });
  const samples = await interleaved([bare, hook], rounds, async (variant) => {
    const { longestUs, longestCpuUs } = await turn(variant);
    walls[wall(variant)]?.push(longestUs / 1000);
    return longestCpuUs / 1000;
  });
  return { samples: { ...samples, ...walls }, skipped: {} };
}

async function measureInfo(setting: Setting): Promise<Measured> {
  const samples: Record<string, readonly number[]> = {};
  const times = setting.quick ? 2 : 10;
  const stages: Measured[] = [];
  for (const [variant, foreign] of [
    [noOthers, 0],
    [others, 50_000],
  ] as const) {
    const measured = await withNetns(setting, infoRows, foreign, async (stage) => {
      const workload = await stage.start(bare, ownConnections(setting));
      const rounds = roundsOf(setting, { count: 15, warmUps: 3 });
      const one = await interleaved([variant], rounds, () => workload.ask<number>({ ask: 'tcpInfo', times }));
      return { samples: one, skipped: {} };
    });
    stages.push(measured);
    Object.assign(samples, measured.samples);
  }
  return { samples, skipped: Object.assign({}, ...stages.map(({ skipped }) => skipped)) };
}

async function measureIdle(stage: Stage, setting: Setting): Promise<Measured> {
  const seconds = setting.quick ? 1 : 10;
  const workloads = new Map<string, Workload>();
  for (const variant of [bare, hook]) workloads.set(variant, await stage.start(variant, ownConnections(setting)));
  // What was opened is settled, and looked at once.
  await delay(setting.quick ? 0 : 8000);
  const samples: Record<string, number[]> = { [bare]: [], [hook]: [] };
  const { count } = roundsOf(setting, { count: 3, warmUps: 0 });
  for (let round = 0; round < count; round++) {
    const before = new Map<string, number>();
    for (const [variant, workload] of workloads) before.set(variant, await workload.ask<number>({ ask: 'cpu' }));
    await delay(seconds * 1000);
    for (const [variant, workload] of workloads) {
      const used = (await workload.ask<number>({ ask: 'cpu' })) - (before.get(variant) ?? Number.NaN);
      samples[variant]?.push(used / 1000 / seconds);
    }
  }
  return { samples, skipped: {} };
}
