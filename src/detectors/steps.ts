/**
 * Work over many connections, one small step each: whoever has it done may leave off after any step and go on later, so
 * that thousands of suspicious connections do not hold the application's event loop.
 */
export type Steps<Result> = Generator<void, Result, void>;

/** All of it at once. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
