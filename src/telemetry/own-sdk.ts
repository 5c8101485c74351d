import { createRequire } from 'node:module';
import { join } from 'node:path';
import { globalTracerProvider } from './api.ts';

const sdkPackage = '@opentelemetry/sdk-node';

/** What is pending when the event loop has emptied gets so long. */
const flushMs = 1000;

interface Sdk {
  start(): void;
  shutdown(): Promise<void>;
}

/**
 * `SYNFIN_START_SDK`: starts the SDK that the application has installed, configured by the usual `OTEL_*` variables,
 * unless somebody has registered one. What is pending when the event loop empties is flushed, for at most a second;
 * `process.exit()` is not delayed. Throws where there is none to start.
 */
export function startOwnSdk(): void {
  if (globalTracerProvider() !== undefined) return;
  const { NodeSDK } = loadSdk();
  const sdk: Sdk = new NodeSDK();
  sdk.start();
  flushWhenIdle(sdk);
}

function loadSdk(): { NodeSDK: new () => Sdk } {
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

/** The application has nothing more to do, unless another listener of this event gives it something. */
function flushWhenIdle(sdk: Sdk): void {
  process.prependOnceListener('beforeExit', () => {
    // Open pipes and terminals are in this count, though none of them keeps the loop going.
    const before = process.getActiveResourcesInfo().length;
    process.nextTick(() => {
      if (process.getActiveResourcesInfo().length > before) flushWhenIdle(sdk);
      else flush(sdk);
    });
  });
}

/** An exporter that still waits for its collector, or means to try again, must not keep the process any longer. */
function flush(sdk: Sdk): void {
  const end = setTimeout(() => process.exit(), flushMs);
  const over = () => clearTimeout(end);
  sdk.shutdown().then(over, over);
}
