// Starts the processes of the demo and ends them again, each by its own pid.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** After this long, a process that was asked to end is made to. */
const graceMs = 2000;

/** The demo decides these by itself, so that a shell set up for something else does not change what it shows. */
const decidedHere = /^(OTEL_|SYNFIN_|NODE_OPTIONS$|NODE_USE_ENV_PROXY$|FORCE_COLOR$|NO_COLOR$)/;
const letThrough = new Set(['SYNFIN_LANG', 'SYNFIN_SOURCES']);

export class Children {
  #running = new Set();
  #ending = false;
  #onLost;

  /** `onLost(name, how)` is called when one ends that nobody asked to. */
  constructor(onLost) {
    this.#onLost = onLost;
  }

  /** Starts a file of this directory; resolves when it has said that it is ready. */
  async start(file, { nodeOptions = [], environment = {}, onMessage, onText }) {
    if (this.#ending) throw new Error('the demo is over');
    const child = fork(file, {
      cwd: here,
      execArgv: nodeOptions,
      env: { ...cleanEnvironment(), ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Ctrl-C in a terminal goes to the whole group: these must not die of it before the conductor says so.
      detached: process.platform !== 'win32',
    });
    this.#running.add(child);
    child.once('exit', (code, signal) => {
      this.#running.delete(child);
      if (!this.#ending) this.#onLost(file, signal ?? `exit code ${code}`);
    });
    child.stderr.setEncoding('utf8').on('data', onText);
    const ready = new Promise((resolve) => {
      child.on('message', (message) => (message.kind === 'ready' ? resolve(message) : onMessage?.(message)));
    });
    const { port } = await ready;
    return { pid: child.pid, port, send: (message) => child.connected && child.send(message, () => {}) };
  }

  async endAll() {
    this.#ending = true;
    await Promise.all([...this.#running].map(end));
  }
}

async function end(child) {
  const over = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await over;
  clearTimeout(timer);
}

function cleanEnvironment() {
  const keep = ([name]) => letThrough.has(name) || !decidedHere.test(name);
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(keep)),
    OTEL_NODE_RESOURCE_DETECTORS: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    // Spans are shown as they come, and not every five seconds.
    OTEL_BSP_SCHEDULE_DELAY: '100',
  };
}
