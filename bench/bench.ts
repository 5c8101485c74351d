// npm run bench -- [--only=NAMES] [--rounds=N] [--quick] [--offline] [--seed=N] [--json=FILE] [--markdown] [--docs] [--from=FILE] [--list]
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benchmarks } from './all.ts';
import type { Benchmark, Setting } from './benchmark.ts';
import { host } from './host.ts';
import { Netns } from './netns.ts';
import { peersFolder } from './peers.ts';
import { compiledPrograms } from './programs.ts';
import { failedResult, type Result, resultOf } from './result.ts';
import { randomFrom } from './rounds.ts';
import { inRoot } from './subjects.ts';
import { markdownTable, textTable } from './table.ts';

/** What --json writes. */
interface Run {
  readonly at: string;
  readonly seed: number;
  readonly quick: boolean;
  readonly host: ReturnType<typeof host>;
  readonly results: readonly Result[];
}

const { values } = parseArgs({
  options: {
    /** Benchmarks whose names begin with one of these, with commas between. */
    only: { type: 'string' },
    /** Instead of each benchmark's own number of rounds. */
    rounds: { type: 'string' },
    /** That everything runs; no number is judged. */
    quick: { type: 'boolean', default: false },
    /** Installs nothing. */
    offline: { type: 'boolean', default: false },
    seed: { type: 'string' },
    json: { type: 'string' },
    markdown: { type: 'boolean', default: false },
    /** Puts the results into docs/performance.md. */
    docs: { type: 'boolean', default: false },
    /** Measures nothing: shows the results that an earlier run wrote with --json. */
    from: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});

const chosen = benchmarks.filter(({ name }) => values.only?.split(',').some((asked) => name.startsWith(asked)) ?? true);
if (chosen.length === 0) {
  console.error(
    `bench: --only=${values.only} is the beginning of none of ${benchmarks.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}
if (values.list) {
  for (const { name, what, unit } of chosen) console.log(`${name.padEnd(24)} ${what} (${unit})`);
  process.exit();
}

const note = (text: string) => process.stderr.write(`${text}\n`);
const seed = wholeNumber('seed') ?? Date.now() % 1_000_000;
const run: Run = values.from ? JSON.parse(readFileSync(values.from, 'utf8')) : await measured();
if (values.from) for (const result of run.results) show(result);

const judged = run.results.flatMap(({ lines }) => lines).filter(({ met }) => met !== undefined);
const skipped = run.results.reduce((sum, result) => sum + result.skipped.length, 0);
const missed = judged.filter(({ met }) => met === false).length;
console.log(`${judged.length - missed} targets met, ${missed} missed, ${skipped} rows skipped`);
if (values.json) writeFileSync(values.json, `${JSON.stringify(run, undefined, 2)}\n`);
if (values.docs) writeDocs(run);
// What is measured must not hold up the end.
process.exit();

async function measured(): Promise<Run> {
  const setting: Setting = {
    quick: values.quick,
    rounds: wholeNumber('rounds'),
    random: randomFrom(seed),
    peers: await peersFolder(!values.offline, note),
    programs: await compiledPrograms(),
    makeNetns: () => Netns.make(),
    note,
  };
  const begun = { at: new Date().toISOString(), seed, quick: values.quick, host: host() };
  const warning = values.quick ? '; quick: no number is to be believed, and none is judged' : '';
  console.log(`${begun.host.what}; seed ${seed}${warning}\n`);
  const results: Result[] = [];
  const waiting = [...chosen.entries()];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [place, benchmark] = next;
      const result = await resultFrom(benchmark, setting);
      results[place] = result;
      show(result);
    }
  };
  // Where numbers are not to be believed, some are taken at once.
  await Promise.all(Array.from({ length: values.quick ? 4 : 1 }, lane));
  return { ...begun, results };
}

function show(result: Result): void {
  console.log(values.markdown ? markdownTable(result) : textTable(result));
}

async function resultFrom(benchmark: Benchmark, setting: Setting): Promise<Result> {
  const from = performance.now();
  const seconds = () => (performance.now() - from) / 1000;
  try {
    const samples = await benchmark.run(setting);
    return resultOf(benchmark, samples, !setting.quick, seconds());
  } catch (error) {
    note(`${benchmark.name}: ${error instanceof Error ? error.stack : String(error)}`);
    return failedResult(benchmark, error, seconds());
  }
}

/** In the place of those that were there. */
function writeDocs({ at, host: { what }, results, ...run }: Run): void {
  const file = inRoot('docs/performance.md');
  const [before = '', after = ''] = readFileSync(file, 'utf8').split(/(?<=<!-- results -->\n)[\s\S]*(?=<!-- end of)/);
  const tables = results.map(markdownTable).join('\n');
  writeFileSync(file, `${before}\n${at.slice(0, 10)}: ${what}; seed ${run.seed}.\n\n${tables}\n${after}`);
}

function wholeNumber(option: 'rounds' | 'seed'): number | undefined {
  const text = values[option];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`bench: --${option}=${text} is not a whole number over 0`);
  process.exit(2);
}
