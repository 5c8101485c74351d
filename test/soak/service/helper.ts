import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { host } from '../listening.ts';

/** A worker thread that asks on behalf of the main one. */
export class Helper {
  readonly #worker: Worker;
  #last: Promise<unknown> = Promise.resolve();

  constructor(port: number) {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: { port } });
    this.#worker.unref();
  }

  /** One after the other. */
  ask(): Promise<unknown> {
    const answer = this.#last.then(() => {
      this.#worker.postMessage('/json');
      return once(this.#worker, 'message');
    });
    this.#last = answer;
    return answer.then(([size]) => size);
  }
}

if (!isMainThread)
  parentPort?.on('message', async (path: string) => {
    const got = await fetch(`http://${host}:${workerData.port}${path}`).then((response) => response.text());
    parentPort?.postMessage(got.length);
  });
