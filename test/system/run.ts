import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { NotSupportedError } from '../../src/errors.ts';
import { loadLibc } from '../../src/ffi/libc.ts';

/** The package as it is published, and the small programs that it is tried on. Tests run at the root of the repository. */
export const register = resolve('dist/register.js');
export const fixture = (name: string): string => resolve('test/fixtures/apps', name);

/** What is missing on this host for the kernel to be asked; false where nothing is. The value of a test's `skip`. */
export const kernelNeeds: string | false = missing();

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What runs node, with its arguments: `unshare -n`. */
  readonly under?: readonly string[];
  /** After this long the program is ended, and whoever waits for it is told what it had said. */
  readonly limitMs?: number;
}

/** `node ...args`, alive. Nothing of the environment's Node options or of OpenTelemetry's gets through. */
export class Program {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  readonly #limit: NodeJS.Timeout;
  #stdout = '';
  #stderr = '';
  #over = false;

  constructor(args: readonly string[], { env = {}, under = [], limitMs = 20_000 }: RunOptions = {}) {
    const [command = process.execPath, ...rest] = [...under, process.execPath, ...args];
    this.#child = spawn(command, rest, { env: { ...cleared(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#heard(() => (this.#stdout += text)));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#heard(() => (this.#stderr += text)));
    this.#limit = setTimeout(() => this.stop(), limitMs);
    this.ended = new Promise((done, failed) => {
      this.#child.once('error', failed);
      this.#child.once('close', (code, signal) => {
        clearTimeout(this.#limit);
        this.#heard(() => (this.#over = true));
        done({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The first value that `look` finds in what the program has said so far. */
  waitFor<Found>(what: string, look: (program: Program) => Found | undefined): Promise<Found> {
    return new Promise((found, failed) => {
      const check = () => {
        const value = look(this);
        if (value === undefined && !this.#over) return;
        this.#watchers.delete(check);
        if (value !== undefined) found(value);
        else failed(new Error(`the program ended before ${what}\nstdout: ${this.#stdout}\nstderr: ${this.#stderr}`));
      };
      this.#watchers.add(check);
      check();
    });
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #heard(note: () => void): void {
    note();
    for (const check of [...this.#watchers]) check();
  }
}

/** Runs a program to its own end. */
export function run(args: readonly string[], options?: RunOptions): Promise<Ended> {
  return new Program(args, options).ended;
}

/** The lines of JSON in a text, others left out. */
export function jsonLines<Line>(text: string): Line[] {
  const lines = text.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  return lines.map((line) => JSON.parse(line) as Line);
}

function cleared(): NodeJS.ProcessEnv {
  const ours = /^(NODE_|OTEL_|SYNFIN_|NO_COLOR$|FORCE_COLOR$)/;
  const rest = Object.entries(process.env).filter(([name]) => !ours.test(name));
  // Tests look ten times a second, on hosts with many sockets too: with the default budget they would wait for it.
  return { ...Object.fromEntries(rest), OTEL_NODE_RESOURCE_DETECTORS: 'none', SYNFIN_CPU_BUDGET: '1' };
}

function missing(): string | false {
  try {
    loadLibc();
    return false;
  } catch (error) {
    if (error instanceof NotSupportedError) return `needs ${error.requirement}`;
    throw error;
  }
}
