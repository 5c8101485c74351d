import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Benchmark, type Measured, type Row, roundsOf, type Setting } from '../benchmark.ts';
import { type Usage, usageOf } from '../command.ts';
import { bare, bareAgain, ddTrace, hookWithSpans, instrumentationNet, preloadOf } from '../preloads.ts';
import { interleaved } from '../rounds.ts';
import { inRoot, register } from '../subjects.ts';

const byImport = 'synfin by --import';
const byRequire = 'synfin by --require';
const empty = 'an empty file by --import';
const variants = [bare, bareAgain, empty, byImport, byRequire, hookWithSpans, instrumentationNet, ddTrace];

const how =
  'node -e 0, the whole process, by wait4(2); synfin loads its FFI only at the first socket, which is not here.';

export const startUpCpu: Benchmark = startUp('start_up_cpu', 'CPU', 'ms', 'ratio', 1.25, ({ cpuUs }) => cpuUs / 1000);
export const startUpMemory: Benchmark = startUp(
  'start_up_memory',
  'peak resident memory',
  'MB',
  'difference',
  6,
  ({ peakRssKb }) => peakRssKb / 1024,
);

function startUp(
  name: string,
  of: string,
  unit: string,
  compared: Benchmark['compared'],
  atMost: number,
  read: (usage: Usage) => number,
): Benchmark {
  const rows: Row[] = variants.map((variant) => ({
    variant,
    ...(variant !== bare && { against: bare }),
    ...((variant === byImport || variant === byRequire) && { atMost }),
  }));
  return {
    name,
    what: `${of} of starting and ending a process`,
    unit,
    compared,
    rows,
    how,
    run: (setting) => measure(setting, read),
  };
}

async function measure(setting: Setting, read: (usage: Usage) => number): Promise<Measured> {
  const usage = setting.programs?.get('usage');
  if (usage === undefined)
    return { samples: {}, skipped: Object.fromEntries(variants.map((variant) => [variant, 'a C compiler (cc)'])) };
  const skipped: Record<string, string> = {};
  const possible = variants.filter((variant) => {
    const options = optionsOf(variant, setting);
    if (typeof options === 'string') skipped[variant] = options;
    return typeof options !== 'string';
  });
  const samples = await interleaved(possible, roundsOf(setting, { count: 15, warmUps: 1 }), async (variant) => {
    const options = optionsOf(variant, setting);
    if (typeof options === 'string') throw new Error(options);
    return read(await usageOf(usage, [process.execPath, ...options.nodeOptions, '-e', '0'], { env: options.env }));
  });
  return { samples, skipped };
}

function optionsOf(variant: string, { peers }: Setting): ReturnType<typeof preloadOf> {
  switch (variant) {
    case empty: {
      const file = join(inRoot('build/bench'), 'empty.mjs');
      writeFileSync(file, '');
      return { nodeOptions: ['--import', file], env: {} };
    }
    case byImport:
      return { nodeOptions: ['--import', register], env: {} };
    case byRequire:
      return { nodeOptions: ['--require', register], env: {} };
    default:
      return preloadOf(variant, peers);
  }
}
