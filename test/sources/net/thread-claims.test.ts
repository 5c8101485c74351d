import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Threads } from '../../../src/sources/net/thread-claims.ts';

const skip = process.platform === 'linux' ? false : 'needs Linux: there is no /proc elsewhere';

/** A thread whose descriptors are these, and which does as it is told: waits for so long without a turn, or ends. */
class Thread {
  readonly #worker: Worker;
  readonly #flag = new Int32Array(new SharedArrayBuffer(4));

  constructor(descriptors: readonly number[]) {
    const module = new URL('../../../src/sources/net/thread-claims.js', import.meta.url).href;
    const program = `
      import { parentPort, workerData } from 'node:worker_threads';
      import { answerClaims } from ${JSON.stringify(module)};
      const end = answerClaims((asked) => asked.filter((one) => workerData.descriptors.includes(one)), () => {});
      parentPort.postMessage('ready');
      parentPort.on('message', (what) => {
        if (what === 'block') {
          Atomics.store(workerData.flag, 0, 1);
          Atomics.wait(workerData.flag, 0, 1);
        } else end();
        parentPort.postMessage('done');
      });`;
    const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
    this.#worker = new Worker(url, { workerData: { descriptors, flag: this.#flag } });
  }

  ready = () => once(this.#worker, 'message');

  async block(): Promise<void> {
    this.#worker.postMessage('block');
    while (Atomics.load(this.#flag, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async unblock(): Promise<void> {
    const done = this.ready();
    Atomics.store(this.#flag, 0, 0);
    Atomics.notify(this.#flag, 0);
    await done;
  }

  async goodbye(): Promise<void> {
    const done = this.ready();
    this.#worker.postMessage('end');
    await done;
  }

  end = () => this.#worker.terminate();
}

describe('which descriptors are another thread’s', { skip }, () => {
  const faults: string[] = [];
  const threads = new Threads((_where, error) => faults.push(String(error)));
  let one: Thread;

  before(async () => {
    threads.listen();
    one = new Thread([7, 8]);
    await one.ready();
  });

  after(async () => {
    threads.close();
    await one.end();
  });

  /** The descriptors that were claimed, and whether everybody answered. */
  async function ask(...descriptors: number[]): Promise<[number[], boolean]> {
    const { theirs, whole } = await threads.ask(descriptors);
    return [[...theirs], whole];
  }

  it('it says so, and everybody has answered', async () => {
    assert.deepEqual(await ask(6, 7), [[7], true]);
  });

  it('none are asked about → nobody is asked', async () => assert.deepEqual(await ask(), [[], true]));

  it('it is blocked → nothing is certain; when it runs again it answers the next question', async () => {
    await one.block();
    assert.deepEqual(await ask(7), [[], false]);
    await one.unblock();
    assert.deepEqual(await ask(7), [[7], true]);
  });

  it('one is blocked and another answers → what that one claims is its, the rest is not certain', async () => {
    const two = new Thread([9]);
    await two.ready();
    await one.block();
    assert.deepEqual(await ask(7, 9), [[9], false]);
    await one.unblock();
    await two.end();
  });

  it('one that had no turn since its first socket was heard all the same', async () => {
    const two = new Thread([9]);
    await two.block();
    assert.deepEqual(await ask(9), [[], false]);
    await two.end();
  });

  it('one that was terminated while it was blocked is not waited for', async () => {
    const two = new Thread([9]);
    await two.ready();
    await two.block();
    await two.end();
    assert.deepEqual(await ask(7, 9), [[7], true]);
  });

  it('one whose agent was closed, and which is blocked, is not waited for', async () => {
    const two = new Thread([9]);
    await two.ready();
    await two.goodbye();
    await two.block();
    assert.deepEqual(await ask(7, 9), [[7], true]);
    await two.end();
  });

  it('whatever else is said on the channel → nothing of it comes out, and nothing is a fault', async () => {
    const channel = new BroadcastChannel('synfin:2');
    const strange = [
      null,
      7,
      'who',
      {},
      { kind: 'mine', question: 1 },
      { kind: 'whose', descriptors: 7 },
      { kind: {} },
    ];
    for (const what of strange) channel.postMessage(what);
    assert.deepEqual(await ask(7, 9), [[7], true]);
    channel.close();
    assert.deepEqual(faults, []);
  });

  it('whoever begins to listen late hears of those that were there', async () => {
    const late = new Threads(assert.fail);
    late.listen();
    await late.ask([1]);
    await one.block();
    assert.equal((await late.ask([7])).whole, false);
    await one.unblock();
    late.close();
  });
});
