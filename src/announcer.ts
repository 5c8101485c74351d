import type { ExplainedFinding } from './explain/explain.ts';
import type { Stderr } from './stderr.ts';

type Listener = (finding: ExplainedFinding) => void;
type Words = (finding: ExplainedFinding, colour: boolean) => string;

/** Brings findings to people, by way of stderr, and to whoever in the application asked for them. */
export class Announcer {
  readonly #stderr: Stderr;
  readonly #fault: (where: string, error: unknown) => void;
  readonly #listeners = new Set<Listener>();

  readonly #inWords: Words;

  constructor(stderr: Stderr, fault: (where: string, error: unknown) => void, inWords: Words) {
    this.#stderr = stderr;
    this.#fault = fault;
    this.#inWords = inWords;
  }

  onFinding(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(finding: ExplainedFinding): void {
    this.#stderr.finding(finding, (colour) => this.#inWords(finding, colour));
    for (const listener of this.#listeners) {
      try {
        listener(finding);
      } catch (error) {
        this.#fault('onFinding', error);
      }
    }
  }

  /** Nobody in the application hears of any more. */
  end(): void {
    this.#listeners.clear();
  }
}
