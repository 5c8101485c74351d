/** A question to a workload's process; `ask` names the answerer. */
export interface Question {
  readonly ask: string;
  readonly [name: string]: unknown;
}

/** What a workload's process answers to each question, by name. */
export type Answerers = Readonly<Record<string, (question: never) => unknown>>;

/**
 * Answers the bench's questions over IPC until it goes away; then this process ends, whatever it holds. One question at
 * a time.
 */
export function serve(answerers: Answerers): void {
  process.on('disconnect', () => process.exit());
  process.on('message', async (question: Question) => {
    try {
      const answerer = answerers[question.ask];
      if (answerer === undefined) throw new Error(`nobody answers ${question.ask}`);
      process.send?.({ answer: (await answerer(question as never)) ?? null });
    } catch (error) {
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.send?.({ answer: 'ready' });
}

/** Microseconds of CPU, user and system, that this process has used in all its threads. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
