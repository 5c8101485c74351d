// npm run bench -- [--only=NAMES] [--rounds=N] [--quick] [--offline] [--seed=N] [--json=FILE] [--markdown] [--docs] [--list]
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
console.log(
  `${begun.host.what}; seed ${seed}${values.quick ? '; quick: no number is to be believed, and none is judged' : ''}\n`,
);
/** Where numbers are not to be believed, some are taken at once. */
const lanes = values.quick ? 4 : 1;
const results: Result[] = [];
const waiting = [...chosen.entries()];
await Promise.all(Array.from({ length: lanes }, lane));

const judged = results.flatMap(({ lines }) => lines).filter(({ met }) => met !== undefined);
const skipped = results.reduce((sum, result) => sum + result.skipped.length, 0);
const missed = judged.filter(({ met }) => met === false).length;
console.log(`${judged.length - missed} targets met, ${missed} missed, ${skipped} rows skipped`);
if (values.json) writeFileSync(values.json, `${JSON.stringify({ ...begun, results }, undefined, 2)}\n`);
if (values.docs) writeDocs();
// What is measured must not hold up the end.
process.exit();

async function lane(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [place, benchmark] = next;
    const result = await resultFrom(benchmark);
    results[place] = result;
    console.log(values.markdown ? markdownTable(result) : textTable(result));
  }
}

async function resultFrom(benchmark: Benchmark): Promise<Result> {
  const from = performance.now();
  const seconds = () => (performance.now() - from) / 1000;
  try {
    const measured = await benchmark.run(setting);
    return resultOf(benchmark, measured, !setting.quick, seconds());
  } catch (error) {
    note(`${benchmark.name}: ${error instanceof Error ? error.stack : String(error)}`);
    return failedResult(benchmark, error, seconds());
  }
}

/** In the place of those that were there. */
function writeDocs(): void {
  const file = inRoot('docs/performance.md');
  const [before = '', after = ''] = readFileSync(file, 'utf8').split(/(?<=<!-- results -->\n)[\s\S]*(?=<!-- end of)/);
  const { what } = begun.host;
  writeFileSync(
    file,
    `${before}\n${begun.at.slice(0, 10)}: ${what}; seed ${seed}.\n\n${results.map(markdownTable).join('\n')}\n${after}`,
  );
}

function wholeNumber(option: 'rounds' | 'seed'): number | undefined {
  const text = values[option];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`bench: --${option}=${text} is not a whole number over 0`);
  process.exit(2);
}
