import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inRoot } from './subjects.ts';

const from = inRoot('bench/peers');
const home = inRoot('build/bench-peers');
const longestMs = 300_000;

/** The folder with the packages that synfin is measured against; undefined when they are not there and `install` is off. */
export async function peersFolder(install: boolean, note: (text: string) => void): Promise<string | undefined> {
  const lock = readFileSync(join(from, 'package-lock.json'));
  const madeOf = createHash('sha256').update(lock).digest('hex');
  const stamp = join(home, '.made-of');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === madeOf) return home;
  if (!install) return undefined;
  note('installing the peers into build/bench-peers');
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(from, file), join(home, file));
  try {
    const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await promisify(execFile)('npm', flags, { cwd: home, timeout: longestMs });
  } catch (error) {
    note(`the peers could not be installed: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  writeFileSync(stamp, madeOf);
  return home;
}
