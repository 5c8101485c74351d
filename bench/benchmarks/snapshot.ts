import { type Benchmark, type Measured, type Row, roundsOf, type Setting } from '../benchmark.ts';
import { Workload } from '../child.ts';
import { run, usageOf } from '../command.ts';
import { populate } from '../population.ts';
import { interleaved } from '../rounds.ts';
import type { Look } from '../workloads/snapshot.ts';

/** TCP's eleven states and TCP_NEW_SYN_RECV, without TCP_BOUND_INACTIVE, which walks another table. */
const allMask = '0x1fff';
/** FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, LAST_ACK, CLOSING. */
const leakMask = '0xb30';

/** What some of them need to run at all. */
const commands: Readonly<Record<string, string>> = {
  'ss -tan': 'ss of iproute2',
  'netstat -tan': 'netstat of net-tools',
  'node-netstat': 'netstat of net-tools',
};

const c = 'C, all states';
const all = 'synfin, all states';
const rows: readonly Row[] = [
  { variant: c },
  { variant: `${c} again`, against: c },
  { variant: all, against: c, atMost: 1.1 },
  { variant: 'ss -tan', against: c },
  { variant: 'netstat -tan', against: c },
  { variant: 'node-netstat', against: c },
  { variant: 'systeminformation', against: c },
  { variant: 'C, leak states', against: c },
  { variant: 'synfin, leak states', against: all, atMost: 0.35 },
  { variant: 'synfin, CLOSE_WAIT', against: all, atMost: 0.25 },
];

export const snapshot10k = snapshot('snapshot_10000', 10_000);
export const snapshot50k = snapshot('snapshot_50000', 50_000);

function snapshot(name: string, sockets: number): Benchmark {
  return {
    name,
    what: `CPU of one look at ${sockets.toLocaleString('en')} sockets of other processes`,
    unit: 'ms',
    compared: 'ratio',
    rows,
    how:
      '70% ESTABLISHED, 10% each CLOSE_WAIT, FIN_WAIT_2, TIME_WAIT, in a network namespace; user and system CPU, ' +
      'children included; synfin, C and packages warm and without their start-up, commands with it.',
    run: (setting) => measure(sockets, setting),
  };
}

async function measure(sockets: number, setting: Setting): Promise<Measured> {
  const netns = await setting.makeNetns();
  if (typeof netns === 'string') return { samples: {}, skipped: allNeed(netns) };
  const { programs, peers, quick } = setting;
  const { through } = netns;
  const population = await populate(netns, quick ? sockets / 10 : sockets);
  const workload = await Workload.start('snapshot', { through });
  const times = Math.max(1, 50_000 / sockets);
  const look = async (at: string) => (await workload.ask<Look>({ ask: 'look', at, times })).cpuUs / 1000;
  const dump = programs?.get('dump');
  const usage = programs?.get('usage');
  const inC = async (mask: string) => {
    const said = await run([...through, dump ?? '', mask, `${times}`]);
    return Number(said.split(' ')[0]) / 1000;
  };
  const command = async (...words: string[]) => (await usageOf(usage ?? '', words, { through })).cpuUs / 1000;
  const packages = await Workload.start('peer-snapshot', { through });
  const peer = async (name: string) => (await packages.ask<number>({ ask: 'look', folder: peers, name })) / 1000;
  const ways: Record<string, () => Promise<number>> = {
    [all]: () => look('all'),
    'synfin, leak states': () => look('leaks'),
    'synfin, CLOSE_WAIT': () => look('close_wait'),
    ...(dump && { [c]: () => inC(allMask), [`${c} again`]: () => inC(allMask), 'C, leak states': () => inC(leakMask) }),
    ...(usage && { 'ss -tan': () => command('ss', '-tan'), 'netstat -tan': () => command('netstat', '-tan') }),
    ...(peers && { 'node-netstat': () => peer('node-netstat'), systeminformation: () => peer('systeminformation') }),
  };
  const skipped: Record<string, string> = { ...allNeed('a C compiler (cc)') };
  if (!peers) for (const name of ['node-netstat', 'systeminformation']) skipped[name] = `the package ${name}`;
  try {
    for (const [variant, way] of Object.entries(ways)) {
      try {
        for (let i = 0; i < (variant.startsWith('synfin') && !quick ? 3 : 1); i++) await way();
      } catch (error) {
        delete ways[variant];
        skipped[variant] =
          commands[variant] ?? `it to run here: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    const rounds = roundsOf(setting, { count: 11, warmUps: 0 });
    const samples = await interleaved(Object.keys(ways), rounds, (variant) => ways[variant]?.() ?? never(variant));
    return { samples, skipped };
  } finally {
    workload.end();
    packages.end();
    population.end();
    netns.end();
  }
}

function allNeed(requirement: string): Record<string, string> {
  return Object.fromEntries(rows.map(({ variant }) => [variant, requirement]));
}

function never(variant: string): never {
  throw new Error(`there is no way to measure ${variant}`);
}
