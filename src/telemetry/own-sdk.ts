import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { globalProviders, globalTracerProvider } from './api.ts';

const sdkPackage = '@opentelemetry/sdk-node';

/** What is pending when the event loop has emptied gets so long. */
const flushMs = 1000;

/** An application may be given new work again and again by what listens to the end of its event loop. */
const mostFlushes = 20;

/**
 * `SYNFIN_START_SDK`: starts the SDK that the application has installed, configured by the usual `OTEL_*` variables,
 * unless somebody has registered one. What is pending when the event loop empties is flushed, for at most a second;
 * `process.exit()` is not delayed. Throws where there is none to start.
 */
export function startOwnSdk(): void {
  if (globalTracerProvider() !== undefined) return;
  const { NodeSDK } = loadSdk();
  new NodeSDK().start();
  let flushes = 0;
  let flushing = false;
  process.on('beforeExit', () => {
    if (flushing || flushes >= mostFlushes) return;
    flushing = true;
    // Metrics are always pending: were they sent each time, the loop would never stay empty.
    flush(flushes++ === 0).then(() => {
      flushing = false;
    });
  });
}

function loadSdk(): { NodeSDK: new () => { start(): void } } {
  let cause: unknown;
  for (const from of [process.argv[1], join(process.cwd(), 'package.json')]) {
    if (from === undefined || from === '') continue;
    try {
      return createRequire(from)(sdkPackage);
    } catch (error) {
      cause = error;
    }
  }
  throw new Error(`${sdkPackage} cannot be loaded from the application (npm install ${sdkPackage})`, { cause });
}

/** What may keep the event loop going: a timer, or the handle of a socket. */
interface Unrefable {
  unref?(): unknown;
}

/**
 * Sends what is pending. After a second, an exporter that still waits for its collector, or means to try again, no
 * longer keeps the process: whatever it opened in this time lets go of the event loop. Nothing else is touched. Never
 * rejects.
 */
async function flush(withMetrics: boolean): Promise<void> {
  const inside = new AsyncLocalStorage<true>();
  const opened = new Set<WeakRef<Unrefable>>();
  let over = false;
  const letGo = (one: WeakRef<Unrefable>) => {
    one.deref()?.unref?.();
  };
  const hook = createHook({
    init(_id, type, _trigger, resource: Unrefable) {
      if (inside.getStore() === undefined || !/^(?:Timeout|TCPWRAP|PIPEWRAP)$/.test(type)) return;
      const one = new WeakRef(resource);
      // What is being made cannot be let go of before it is made.
      if (over) process.nextTick(letGo, one);
      else opened.add(one);
    },
  }).enable();
  const end = setTimeout(() => {
    over = true;
    opened.forEach(letGo);
  }, flushMs);
  try {
    const providers = globalProviders(withMetrics);
    await inside.run(true, () => Promise.allSettled(providers.map(async (provider) => provider.forceFlush?.())));
  } finally {
    clearTimeout(end);
    hook.disable();
  }
}
