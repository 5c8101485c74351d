import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { quiet } from './child.ts';

const longestMs = 120_000;
const mostOutput = 2 ** 28;

/** What a command used, with all the processes that it started and waited for. */
export interface Usage {
  readonly cpuUs: number;
  /** Most memory that one of them had resident at once. */
  readonly peakRssKb: number;
}

/** Runs a command and measures it with the bench's C program of that name. */
export async function usageOf(
  usage: string,
  command: readonly string[],
  { through = [], env = {} }: { through?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Promise<Usage> {
  const folder = mkdtempSync(join(tmpdir(), 'synfin-bench-'));
  const file = join(folder, 'used');
  try {
    await run([...through, usage, file, ...command], env);
    const [cpuUs = Number.NaN, peakRssKb = Number.NaN] = readFileSync(file, 'utf8').split(' ').map(Number);
    return { cpuUs, peakRssKb };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a command writes. */
export async function run(
  [command = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { env: { ...process.env, ...quiet, ...env }, timeout: longestMs, maxBuffer: mostOutput };
  const { stdout } = await promisify(execFile)(command, args, { ...options, encoding: 'utf8' });
  return stdout;
}
