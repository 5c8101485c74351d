import { Refused } from './claim.ts';

/** What would make it work, by what the system said. */
const needs: Readonly<Record<string, string>> = {
  ENOENT: 'It needs a directory that is there',
  ENOTDIR: 'It needs a directory that is there',
  EACCES: 'It needs a directory that this process may write to',
  EPERM: 'It needs a directory that this process may write to',
  EROFS: 'It needs a file system that can be written to',
  ENOSPC: 'It needs room on the disk',
  EDQUOT: 'It needs room on the disk',
  EMFILE: 'It needs a descriptor: the process has as many as it may have (ulimit -n)',
};

/** In one line: what was tried, what came back, what would do. */
export function troubleWith(path: string, error: unknown, retryMs: number): string {
  const said = error instanceof Error ? error.message : String(error);
  const need = needs[codeOf(error)];
  const why = need === undefined ? said : `${said}. ${need}`;
  return `nothing is recorded to ${path} now: ${why}. It is tried again every ${retryMs / 1000} s`;
}

/** Two with the same code are told once. */
export function codeOf(error: unknown): string {
  if (error instanceof Refused) return 'refused';
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
