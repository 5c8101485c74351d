// Starts the processes of the example and ends them again, each by its own pid.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** After this long, a process that was asked to end is made to. */
const graceMs = 5000;
/** One that is not ready after this long never will be. */
const readyMs = 30_000;

export class Programs {
  /** Called when one ends that nobody asked to. */
  onLost = () => {};
  #running = new Set();
  #isEnding = false;

  /** A program of this folder; ready when it has said its first line. */
  async node(name, args, environment) {
    const { FORCE_COLOR: _, NODE_OPTIONS: __, ...env } = process.env;
    const child = this.#start(name, process.execPath, args, { ...env, ...environment });
    await ready(child, once(child.stdout, 'data'), name);
  }

  /** One of these, whichever is installed; ready when `url` answers. */
  async daemon(names, url, args) {
    for (const name of names) {
      const child = this.#start(name, name, args, process.env);
      const isThere = await once(child, 'spawn').then(
        () => true,
        () => false,
      );
      if (!isThere) continue;
      return ready(child, answering(child, url), name);
    }
    throw new Error(`${names[0]} is not installed: apt install prometheus prometheus-alertmanager`);
  }

  /** What was started last goes first, so that nobody asks one that is gone already. */
  async endAll() {
    this.#isEnding = true;
    for (const child of [...this.#running].reverse()) await end(child);
  }

  #start(name, command, args, env) {
    if (this.#isEnding) throw new Error('the example is over');
    // Ctrl-C in a terminal goes to the whole group: these must not die of it before start.mjs says so.
    const child = spawn(command, args, { cwd: here, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.pipe(process.stdout, { end: false });
    child.once('spawn', () => this.#running.add(child));
    child.on('error', () => {});
    child.once('exit', (code, signal) => {
      this.#running.delete(child);
      if (!this.#isEnding) this.onLost(name, signal ?? `exit code ${code}`);
    });
    return child;
  }
}

async function ready(child, sign, name) {
  const abort = new AbortController();
  const { signal } = abort;
  const tooLate = new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} does not start`)), readyMs);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
  const over = once(child, 'exit', { signal }).then(() => {
    throw new Error(`${name} does not start`);
  });
  over.catch(() => {});
  await Promise.race([sign, tooLate, over]).finally(() => abort.abort());
}

async function answering(child, url) {
  while (child.exitCode === null && child.signalCode === null) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await over;
  clearTimeout(timer);
}
