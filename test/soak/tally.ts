const counts: Record<string, number> = {};

/** Notes that something was done so many times. */
export function did(what: string, times = 1): void {
  counts[what] = (counts[what] ?? 0) + times;
}

/** Notes a number of which the largest counts. */
export function most(what: string, number: number): void {
  counts[what] = Math.max(number, counts[what] ?? 0);
}

/** What was done since the start of this process. */
export function tally(): Readonly<Record<string, number>> {
  return { ...counts };
}

/** The code of what went wrong, as far down as its causes tell. */
export function codeOf(error: unknown): string {
  const { cause, code, name } = error as { cause?: { code?: string }; code?: string; name?: string };
  return cause?.code ?? code ?? name ?? String(error);
}
