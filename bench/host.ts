import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { inRoot } from './subjects.ts';

/** Where the numbers come from. */
export function host() {
  const { node, v8 } = process.versions;
  const cpu = cpus()[0]?.model ?? process.arch;
  const load = loadavg()[0] ?? 0;
  const commit = commitOf();
  const kernel = release();
  const what =
    `Node.js ${node}, ${process.platform} ${kernel}, ${availableParallelism()} x ${cpu}, ` +
    `load ${load.toFixed(1)}, synfin ${commit}`;
  return { what, node, v8, kernel, cpu, cpus: availableParallelism(), load, commit };
}

function commitOf(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: inRoot(''), encoding: 'utf8' }).trim();
    const changed = git('status', '--porcelain', '--', 'src') === '' ? '' : ', with changes';
    return `${git('rev-parse', '--short', 'HEAD')}${changed}`;
  } catch {
    return 'of no known commit';
  }
}
