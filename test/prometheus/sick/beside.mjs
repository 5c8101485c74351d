// Another process of the same program, which synfin does not watch: the peer that a sick service has.
import { fork } from 'node:child_process';

/** Everything ends by itself, should the test not end it. */
setTimeout(() => process.exit(), 3_600_000).unref();

/** It is told what it is to be by its arguments, and ends with this one. */
export function beside(file, ...args) {
  return fork(file, args.map(String), { execArgv: [], env: {} });
}

/** What such a process does: `parts` by the first of its arguments, given the others. False where this is no such process. */
export function isBeside(parts) {
  const [name, ...args] = process.argv.slice(2);
  if (process.send === undefined || parts[name] === undefined) return false;
  process.once('disconnect', () => process.exit());
  parts[name](...args);
  return true;
}

/** What ends the trouble, and says so. The test sends the signal. */
export function whenCured(cure) {
  process.once('SIGUSR2', () => {
    cure();
    console.log('cured');
  });
}

/** The event loop stands still for so long, as in a long computation, and nothing is computed. */
export function hold(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
