import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inRoot } from './subjects.ts';

/** `dump`: what the kernel needs for a dump of all sockets. `usage`: what a command used of the processor and of memory. */
const names = ['dump', 'usage'] as const;

/** The C programs of the bench, compiled; undefined where there is no compiler. */
export async function compiledPrograms(): Promise<ReadonlyMap<string, string> | undefined> {
  const folder = inRoot('build/bench-c');
  mkdirSync(folder, { recursive: true });
  const programs = new Map<string, string>();
  try {
    for (const name of names) {
      const program = join(folder, name);
      await promisify(execFile)('cc', ['-O2', '-o', program, inRoot(`bench/c/${name}.c`)], { timeout: 60_000 });
      programs.set(name, program);
    }
    return programs;
  } catch {
    return undefined;
  }
}
