import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { OtlpReceiver, type ReceivedSpan } from '../system/otlp-receiver.ts';
import { type Ended, run } from '../system/run.ts';

/** The suites run in the folder of an application that has synfin and an SDK installed, under the Node.js that is tried. */
export const esm = resolve('apps/app.mjs');
export const cjs = resolve('apps/app.cjs');

export type Environment = Readonly<Record<string, string>>;

/** What comes of apps/connections.cjs: the refused one has a client's handshake and nothing else. */
export const all = {
  'client tcp.handshake': 6,
  'client tcp.teardown': 5,
  'server tcp.handshake': 5,
  'server tcp.teardown': 5,
};

/** Where they hang when nobody else makes spans of them: the client's handshakes in the application's spans. */
export const allPaths = {
  'client tcp.teardown': 5,
  'fetch > client tcp.handshake': 1,
  'http > client tcp.handshake': 1,
  'http, kept alive > client tcp.handshake': 1,
  'https > client tcp.handshake': 1,
  'net > client tcp.handshake': 1,
  'refused > client tcp.handshake': 1,
  'server tcp.handshake': 5,
  'server tcp.teardown': 5,
};

/** Runs a program to its own end, next to a collector: what it said, and the spans that came. */
export async function tried(args: readonly string[], env: Environment = {}) {
  const receiver = await OtlpReceiver.listening();
  try {
    const ended = await run(args, { env: { ...receiver.environment, ...env }, limitMs: 30_000 });
    return { ended, spans: receiver.spans };
  } finally {
    receiver.close();
  }
}

/** The same of a program that has nothing to complain of: the spans. */
export async function told(args: readonly string[], env: Environment = {}): Promise<readonly ReceivedSpan[]> {
  const { ended, spans } = await tried(args, env);
  assertWell(ended);
  return spans;
}

/** It went all its ways, said nothing else, and ended by itself. */
export function assertWell({ code, signal, stderr, stdout }: Ended): void {
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
  assert.match(stdout, /^\{"done":\[".+"\]\}$/m);
}
