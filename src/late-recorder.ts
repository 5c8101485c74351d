import { createRequire } from 'node:module';
import type { Observation } from './connection/observation.ts';
import type * as RecordModule from './record.ts';

/** The build gives it a file of its own, beside the one that this becomes a part of. */
const program = './record.js';

/** So many observations wait until what writes them is loaded; more are left out, and that is told. */
const mostWaiting = 10_000;

export interface LateRecorderPorts extends Omit<RecordModule.RecordPorts, 'missed'> {
  readonly fault: (where: string, error: unknown) => void;
}

/** Has every observation written to a file. What does so is loaded for programs alone that record. Never throws. */
export class LateRecorder {
  readonly #fault: LateRecorderPorts['fault'];
  #recorder: RecordModule.Recording | undefined;
  #waiting: Observation[] = [];
  #missed = 0;
  #loading: Promise<void> | undefined;

  constructor(ports: LateRecorderPorts) {
    this.#fault = ports.fault;
    try {
      const require = createRequire(import.meta.url);
      this.#start(require(program), ports);
    } catch {
      // The file has become a part of the application's bundle, or Node is told not to require modules.
      this.#loading = import('./record.ts').then(
        (module) => this.#start(module, ports),
        (error) => this.#fault('loading what records', error),
      );
    }
  }

  /** Before it is taken in. */
  add(said: Observation): void {
    if (this.#recorder === undefined) {
      if (this.#waiting.length < mostWaiting) this.#waiting.push(said);
      else this.#missed++;
      return;
    }
    try {
      this.#recorder.add(said);
    } catch (error) {
      this.#fault('record', error);
    }
  }

  /** Resolves when all of it is written, or can not be. */
  async end(): Promise<void> {
    await this.#loading;
    await this.#recorder?.end();
  }

  #start({ Recording }: typeof RecordModule, ports: LateRecorderPorts): void {
    const recorder = new Recording({ ...ports, missed: this.#missed });
    for (const said of this.#waiting) recorder.add(said);
    this.#waiting = [];
    this.#recorder = recorder;
  }
}
