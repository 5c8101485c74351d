import { type ChildProcess, spawn } from 'node:child_process';
import type { Question } from './workloads/serve.ts';

export interface WorkloadOptions {
  /** Arguments of node before the program: what is preloaded. */
  readonly nodeOptions?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the rest of its arguments somewhere else, as `nsenter` does. */
  readonly through?: readonly string[];
}

type Message = { readonly answer: unknown } | { readonly error: string };

/** Longest that a process may take for one answer. */
const patienceMs = 120_000;

/** The environment of every process that is measured: no OpenTelemetry resource detector may use CPU in one of them. */
export const quiet = { OTEL_NODE_RESOURCE_DETECTORS: 'none', NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' };

/** A process that runs one of `workloads/` and answers questions. Ends with the bench, whatever happens. */
export class Workload {
  readonly #child: ChildProcess;
  readonly #name: string;
  #waiting: ((message: Message) => void) | undefined;
  #ended: string | undefined;
  #stderr = '';

  /** Resolves when it is ready for questions. */
  static async start(name: string, options: WorkloadOptions = {}): Promise<Workload> {
    const workload = new Workload(name, options);
    try {
      await workload.#answer();
    } catch (error) {
      workload.end();
      throw error;
    }
    return workload;
  }

  private constructor(name: string, { nodeOptions = [], env = {}, through = [] }: WorkloadOptions) {
    this.#name = name;
    const program = new URL(`./workloads/${name}.js`, import.meta.url).pathname;
    const [command = '', ...args] = [...through, process.execPath, ...nodeOptions, program];
    this.#child = spawn(command, args, {
      env: { ...process.env, ...quiet, ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = `${this.#stderr}${text}`.slice(-2000);
    });
    this.#child.on('message', (message: Message) => this.#told(message));
    this.#child.on('error', (error) => this.#over(error.message));
    this.#child.on('close', (code, signal) => this.#over(`it ended with ${signal ?? code}`));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ask<Answer>(question: Question): Promise<Answer> {
    const answered = this.#answer();
    this.#child.send(question, () => {});
    return (await answered) as Answer;
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }

  async #answer(): Promise<unknown> {
    const message = await new Promise<Message>((resolve) => {
      if (this.#ended !== undefined) return resolve({ error: this.#ended });
      const timer = setTimeout(() => this.#told({ error: `no answer in ${patienceMs / 1000} s` }), patienceMs);
      this.#waiting = (told) => {
        clearTimeout(timer);
        resolve(told);
      };
    });
    if ('answer' in message) return message.answer;
    const said = this.#stderr === '' ? '' : `\n${this.#stderr}`;
    throw new Error(`workload ${this.#name}: ${message.error}${said}`);
  }

  #told(message: Message): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(message);
  }

  #over(why: string): void {
    this.#ended ??= why;
    this.#told({ error: why });
  }
}
