import { join, parse } from 'node:path';

/** Names that one thread of one process may write to, in the order in which it tries them: `app.ndjson`, `app.4711.ndjson`. */
export function namesFor(path: string, pid: number, thread: number, run: string): readonly string[] {
  const own = thread === 0 ? `${pid}` : `${pid}.${thread}`;
  // The pid may be that of a process in another container, too.
  return [path, beside(path, own), beside(path, `${own}.${run}`)];
}

/** Kept parts: the older, the higher. */
export function oldPart(path: string, age: number): string {
  return `${path}.${age}`;
}

/** What becomes such a file, when its first line is whole. */
export function unnamedPart(name: string, pid: number, run: string): string {
  return `${name}.${pid}-${run}.tmp`;
}

function beside(path: string, mark: string): string {
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}.${mark}${ext}`);
}

/** Whether a file of the same directory was to become such a recording. */
export function isUnnamed(path: string): (name: string) => boolean {
  const { name, ext } = parse(path);
  const form = new RegExp(`^${escaped(name)}(\\.\\d+){0,2}(\\.[\\da-f]+)?${escaped(ext)}\\.\\d+-[\\da-f]{16}\\.tmp$`);
  return (file) => form.test(file);
}

/** Whether a file of the same directory is such a recording of another process or thread, or an old part of one. */
export function isBeside(path: string): (name: string) => boolean {
  const { name, ext } = parse(path);
  const form = new RegExp(`^${escaped(name)}\\.\\d+(\\.\\d+)?(\\.[\\da-f]+)?${escaped(ext)}(\\.\\d+)?$`);
  return (file) => form.test(file);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
