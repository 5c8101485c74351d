import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fixture, Program, register } from '../system/run.ts';
import { entering, type Sickness, surroundings } from './sicknesses.ts';

const folder = resolve('test/prometheus/sick');

/** Nothing lives longer than that, whatever happens to the test. */
const longestMs = 400_000 * (100 / Number(process.env.SEEN_FACTOR ?? 100));

/** A host that has other things to do starts it within that. */
const mostWaitMs = 60_000;

/** One of the sick programs, alive, with synfin in it and its metrics at a socket of the file system. */
export class SickService {
  readonly name: string;
  readonly #sickness: Sickness;
  readonly #sockets: string;
  readonly #program: Program;
  #syns: ChildProcess | undefined;

  /** `sockets` is the folder where the metrics of all are. */
  constructor(name: string, sickness: Sickness, sockets: string, pidOf: (name: string) => number) {
    this.name = name;
    this.#sickness = sickness;
    this.#sockets = sockets;
    const { env, under } = surroundings(sickness, pidOf);
    const preloaded = ['--import', register, '--import', join(folder, 'metrics.mjs')];
    this.#program = new Program([...preloaded, join(folder, sickness.program), ...(sickness.args ?? [])], {
      env: { ...env, METRICS: this.path },
      under,
      limitMs: longestMs,
    });
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** Where its metrics are. */
  get path(): string {
    return join(this.#sockets, `${this.name}.sock`);
  }

  /** All that it has written, for a failure's message. */
  get said(): string {
    return `${this.name}: ${this.#program.stdout}${this.#program.stderr}`;
  }

  /** Its metrics as they are served now; rejects where they are not. */
  metrics(): Promise<string> {
    return new Promise((done, failed) => {
      const asked = request({ socketPath: this.path, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('end', () => done(text)).once('error', failed);
      });
      asked.once('error', failed).end();
    });
  }

  /** What others do to it, once it runs and looks at the kernel. */
  async afflict(): Promise<void> {
    const { cure } = this.#sickness;
    if (cure === 'no more SYNs') {
      const args = [...entering(this.pid), 'python3', fixture('syns.py'), '10.9.0.1', '8080', '500', '240'];
      const [command = '', ...rest] = args;
      this.#syns = spawn(command, rest, { stdio: 'ignore' });
      void this.#program.ended.then(() => this.#syns?.kill('SIGKILL'));
    }
    if (cure === '/proc is back') {
      await this.#hasLooked();
      this.#within(['-m', 'mount', '-t', 'tmpfs', 'none', '/proc']);
    }
  }

  /** Ends its trouble. */
  async cure(): Promise<void> {
    const { cure = 'signal' } = this.#sickness;
    if (cure === 'signal' || cure === 'no more TIME_WAITs') process.kill(this.pid, 'SIGUSR2');
    if (cure === 'no more TIME_WAITs') this.#within(['-n', 'ss', '-K', 'state', 'time-wait']);
    if (cure === 'no more SYNs' && this.#syns) {
      const over = once(this.#syns, 'exit');
      this.#syns.kill('SIGTERM');
      await over;
    }
    if (cure === '/proc is back') this.#within(['-m', 'umount', '/proc']);
    if (cure === 'restart') await this.stop();
  }

  async #hasLooked(): Promise<void> {
    const looked = /^synfin_source_observations_total\{synfin_source_name="procfs"\} [1-9]/m;
    for (const end = Date.now() + mostWaitMs; !looked.test(await this.metrics().catch(() => '')); ) {
      if (Date.now() > end) throw new Error(`it does not look. ${this.said}`);
      await sleep(200);
    }
  }

  async stop(): Promise<void> {
    this.#program.stop();
    await this.#program.ended;
  }

  #within(args: readonly string[]): void {
    const { status, stderr } = spawnSync('nsenter', ['-t', `${this.pid}`, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${this.name}: nsenter ${args.join(' ')}: ${stderr}`);
  }
}
