import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { afterEach, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext, runInThisContext } from 'node:vm';
import type { CallSite } from '../../../src/connection/call-site.ts';
import { CallSites, samplerFor } from '../../../src/sources/net/call-site.ts';
import { wrapMethod } from '../../../src/sources/net/wrap.ts';

type Captured = CallSite | undefined;

/** Put into words when the test says so. */
const sites = new CallSites(
  () => true,
  () => {},
);

/** Stands for the hook: neither it nor what it calls is in the call site. */
function hook(): Captured {
  return sites.capture(hook);
}

/** A function of this name in this file that calls what it is given, so often below itself. */
function inFile(name: string, file: string): (inner: () => Captured, below?: number) => Captured {
  const code = `(function ${name}(inner, below = 0) { return below > 0 ? ${name}(inner, below - 1) : inner(); })`;
  return runInThisContext(code, { filename: file });
}

const framesOf = (site: Captured) => site?.frames().map((frame) => frame.replace(/:\d+\)$/, ')')) ?? [];

const query = inFile('query', '/app/db.js');
const handler = inFile('handler', '/app/routes.js');
const library = inFile('send', '/app/node_modules/pg/lib/client.js');

describe('the frames of a call site', () => {
  it('the application’s own, nearest first, as fn (file:line:col)', () => {
    const site = handler(() => query(hook));
    assert.match(site?.frames()[0] ?? '', /^query \(\/app\/db\.js:1:\d+\)$/);
    const own = framesOf(site).filter((frame) => frame.includes('/app/'));
    assert.deepEqual(own, ['query (/app/db.js:1)', 'handler (/app/routes.js:1)']);
  });

  it('at most eight', () => {
    assert.equal(query(hook, 30)?.frames().length, 8);
  });

  it('none of a package while there is one of the application', () => {
    const frames = framesOf(query(() => library(hook)));
    assert.ok(frames.includes('query (/app/db.js:1)'));
    assert.ok(!frames.some((frame) => frame.includes('node_modules')));
  });

  it('the application stands 33 frames above, as with fetch → it is found', () => {
    assert.ok(framesOf(query(() => library(hook, 32))).includes('query (/app/db.js:1)'));
  });

  it('only packages on the stack → theirs', async () => {
    let site: Captured;
    const keep = (): Captured => {
      site = sites.capture(keep);
      return site;
    };
    setImmediate(library, keep);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(framesOf(site), ['send (/app/node_modules/pg/lib/client.js:1)']);
  });

  it('nothing of node:, nothing of ours', () => {
    const emitter = new EventEmitter();
    let site: Captured;
    emitter.on('it', () => {
      site = query(hook);
    });
    wrapMethod({ method() {} }, 'method', (original) => {
      emitter.emit('it');
      return original;
    });
    const frames = site?.frames() ?? [];
    assert.ok(frames.length > 1);
    for (const frame of frames) assert.doesNotMatch(frame, /\(node:|wrapMethod|CallSites|capture|hook/);
  });

  it('read twice → the same', () => {
    const site = query(hook);
    assert.deepEqual(site?.frames(), site?.frames());
  });
});

describe('what belongs to the host is as it was', () => {
  const limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  afterEach(() => {
    for (const [key, own] of [
      ['stackTraceLimit', limit],
      ['prepareStackTrace', prepare],
    ] as const)
      if (own) Object.defineProperty(Error, key, own);
      else Reflect.deleteProperty(Error, key);
  });
  const now = (key: string) => Object.getOwnPropertyDescriptor(Error, key);

  for (const value of [0, 3, 10, Number.POSITIVE_INFINITY])
    it(`Error.stackTraceLimit = ${value}`, () => {
      Error.stackTraceLimit = value;
      const before = now('stackTraceLimit');
      assert.equal(framesOf(query(hook))[0], 'query (/app/db.js:1)');
      assert.deepEqual(now('stackTraceLimit'), before);
    });

  it('Error.stackTraceLimit deleted → deleted', () => {
    Reflect.deleteProperty(Error, 'stackTraceLimit');
    assert.ok(query(hook));
    assert.equal(now('stackTraceLimit'), undefined);
  });

  it('Error.stackTraceLimit not writable → no call site, no error', () => {
    Object.defineProperty(Error, 'stackTraceLimit', { value: 7, writable: false, configurable: true });
    assert.equal(query(hook), undefined);
    assert.equal(Error.stackTraceLimit, 7);
  });

  it('the host’s Error.prepareStackTrace is neither called nor lost', () => {
    let calls = 0;
    Error.prepareStackTrace = () => ++calls;
    const before = now('prepareStackTrace');
    assert.equal(framesOf(query(hook))[0], 'query (/app/db.js:1)');
    assert.equal(calls, 0);
    assert.deepEqual(now('prepareStackTrace'), before);
  });

  it('Error.prepareStackTrace deleted → deleted; errors print as ever', () => {
    Reflect.deleteProperty(Error, 'prepareStackTrace');
    assert.ok(framesOf(query(hook)).length > 0);
    assert.equal(now('prepareStackTrace'), undefined);
    assert.match(new Error('plain').stack ?? '', /^Error: plain\n {4}at /);
  });

  it('Error.prepareStackTrace not writable → no frames, no error', () => {
    Object.defineProperty(Error, 'prepareStackTrace', { value: () => 'theirs', writable: false, configurable: true });
    assert.deepEqual(query(hook)?.frames(), []);
  });

  it('Error frozen → no call site, no error', () => {
    const module = new URL('../../../src/sources/net/call-site.js', import.meta.url);
    const code = `import { CallSites } from '${module}';
      const sites = new CallSites(() => true, () => {});
      const early = sites.capture(() => {});
      Object.freeze(Error);
      console.log(early.frames().length, sites.capture(() => {}));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    assert.equal(stdout.trim(), '0 undefined', stderr);
  });
});

describe('what was captured is put into words in good time', () => {
  it('until then the engine keeps what the functions were called on, and no longer', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const held = { collected: false };
    const registry = new FinalizationRegistry(() => {
      held.collected = true;
    });
    const captured = (() => {
      const request = {
        connect() {
          return hook();
        },
      };
      registry.register(request, 'request');
      return request.connect();
    })();
    const keepAlive = setInterval(() => {}, 10);
    await sites.putIntoWords();
    for (let turn = 0; turn < 100 && !held.collected; turn++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    clearInterval(keepAlive);
    assert.ok(captured);
    assert.ok(held.collected);
  });
});

describe('samplerFor', () => {
  /** How many of so many at this second are taken. */
  function taking(mode: 'off' | 'sample' | 'all') {
    let now = 0;
    const sample = samplerFor(mode, () => now);
    return (second: number, wanted: number) => {
      now = second * 1e6;
      return Array.from({ length: wanted }, sample).filter(Boolean).length;
    };
  }

  it('off → none, all → all', () => {
    assert.equal(taking('off')(0, 1000), 0);
    assert.equal(taking('all')(0, 1000), 1000);
  });

  it('sample → a hundred at once, then ten a second', () => {
    const take = taking('sample');
    assert.deepEqual([take(0, 1000), take(0.05, 1000), take(0.1, 1000), take(1.1, 1000)], [100, 0, 1, 10]);
  });

  it('what is not used is kept, up to a hundred', () => {
    const take = taking('sample');
    take(0, 1000);
    assert.deepEqual([take(5, 20), take(5, 1000), take(3600, 1000)], [20, 30, 100]);
  });
});
