import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { ExplainedFinding } from '../../src/explain/explain.ts';
import { jsonLines } from '../system/run.ts';
import type { Report } from './answering.ts';

export interface PartOptions {
  /** Synfin is preloaded, and its findings are kept. */
  readonly watched: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the rest of its arguments somewhere else, as `nsenter` does. */
  readonly through?: readonly string[];
}

interface Waiting {
  readonly done: (answer: unknown) => void;
  readonly failed: (error: Error) => void;
}

/** Said by something else than a finding: what synfin or Node had to say on stderr. */
const mostStderr = 20_000;

/** One process of the soak. It ends with whoever started it. */
export class Part {
  readonly name: string;
  /** All that was told, in its order: raised, changed, cleared. */
  readonly told: ExplainedFinding[] = [];
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #over: string | undefined;
  #unfinished = '';
  #stderr = '';

  constructor(name: string, { watched, env = {}, through = [] }: PartOptions) {
    this.name = name;
    const preload = watched ? ['--import', resolve('dist/register.js')] : [];
    const program = resolve('build/test/soak', `${name}.js`);
    const [command = '', ...args] = [...through, process.execPath, ...preload, program];
    this.#child = spawn(command, args, {
      env: { ...cleared(), SYNFIN_FINDINGS: 'json', ...env },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#heard(text));
    this.#child.on('message', (message: { id: number; answer?: unknown; error?: string }) => this.#answered(message));
    this.ended = new Promise((ended) => {
      const over = (why: string) => {
        this.#over ??= why;
        for (const { failed } of this.#waiting.values()) failed(new Error(`${this.name}: ${why}\n${this.#stderr}`));
        this.#waiting.clear();
        ended(this.#over);
      };
      this.#child.once('error', (error) => over(error.message));
      this.#child.once('close', (code, signal) => over(`ended with ${signal ?? code}`));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Why it ended, while it should be alive; undefined as long as it is. */
  get over(): string | undefined {
    return this.#over;
  }

  /** What was on stderr besides findings, the last of it. */
  get stderr(): string {
    return this.#stderr;
  }

  ask<Answer>(ask: string, given?: unknown): Promise<Answer> {
    return new Promise((done, failed) => {
      if (this.#over !== undefined) return failed(new Error(`${this.name}: ${this.#over}\n${this.#stderr}`));
      const id = ++this.#asked;
      this.#waiting.set(id, { done: (answer) => done(answer as Answer), failed });
      this.#child.send({ id, ask, given }, () => {});
    });
  }

  report(): Promise<Report> {
    return this.ask<Report>('report');
  }

  stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<string> {
    this.#child.kill(signal);
    return this.ended;
  }

  #heard(text: string): void {
    const lines = `${this.#unfinished}${text}`.split('\n');
    this.#unfinished = lines.pop() ?? '';
    for (const line of lines) {
      const [said] = jsonLines<ExplainedFinding>(line);
      if (said?.kind !== undefined) this.told.push(said);
      else this.#stderr = `${this.#stderr}${line}\n`.slice(-mostStderr);
    }
  }

  #answered({ id, answer, error }: { id: number; answer?: unknown; error?: string }): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.done(answer);
    else waiting?.failed(new Error(`${this.name}: ${error}\n${this.#stderr}`));
  }
}

/** Thresholds are as users have them, whatever the environment of the soak says. */
function cleared(): NodeJS.ProcessEnv {
  const rest = Object.entries(process.env).filter(([name]) => !/^(NODE_|OTEL_|SYNFIN_)/.test(name));
  return { ...Object.fromEntries(rest), OTEL_NODE_RESOURCE_DETECTORS: 'none', NODE_NO_WARNINGS: '1' };
}
