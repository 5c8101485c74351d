// node clocks.cjs: an application with timers of its own making, as a fake clock of a test has.
'use strict';
const timers = ['setTimeout', 'setImmediate', 'setInterval', 'clearTimeout', 'clearImmediate', 'queueMicrotask'];
const { finish, pair, pause, say } = require('./account.cjs');

async function main() {
  const ends = await pair({ allowHalfOpen: true });
  ends.serving.resume();
  ends.client.end();
  const calls = {};
  const count = (object, name) => {
    const original = object[name];
    object[name] = function (...args) {
      calls[name] = (calls[name] ?? 0) + 1;
      return Reflect.apply(original, this, args);
    };
    return () => (object[name] = original);
  };
  const undo = [...timers.map((name) => count(globalThis, name)), count(process, 'hrtime'), count(Date, 'now')];
  await pause(300);
  for (const one of undo) one();
  say('calls', calls);
  await finish(ends);
}

main();
