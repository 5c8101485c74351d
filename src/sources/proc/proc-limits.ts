import { readFileSync } from 'node:fs';

/** The soft RLIMIT_NOFILE of a process; undefined where it is unlimited or /proc does not say. */
export function openFilesLimit(procRoot: string, pid: number | 'self'): number | undefined {
  try {
    return parseOpenFilesLimit(readFileSync(`${procRoot}/${pid}/limits`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** From the line `Max open files            1024                 524288               files` (fs/proc/base.c). */
export function parseOpenFilesLimit(text: string): number | undefined {
  const soft = /^Max open files +(\d+|unlimited) +/m.exec(text)?.[1];
  return soft === undefined || soft === 'unlimited' ? undefined : Number(soft);
}
