// The same ten requests in four ways. An ordinary program: it knows OpenTelemetry's API, as applications do, and nothing
// of synfin. Each way is a span, so that the connections that it opened can be told apart by their parent.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';

const requests = 10;

const child = fork(new URL('server.mjs', import.meta.url), { execArgv: [] });
const [{ port }] = await once(child, 'message');
const url = `http://127.0.0.1:${port}/`;

const keepAlive = new http.Agent({ keepAlive: true });
const withoutKeepAlive = new http.Agent({ keepAlive: false });

const ways = {
  'fetch, one by one': () => oneByOne(fetchWhole),
  'fetch, all at once': () => Promise.all(Array.from({ length: requests }, fetchWhole)),
  'http.get, keep-alive': () => oneByOne(() => getWhole(keepAlive)),
  'http.get, no keep-alive': () => oneByOne(() => getWhole(withoutKeepAlive)),
};

/**
 * With a turn of the event loop in between: fetch's pool hears of the end of a body one turn after its reader, and a
 * request that comes at once finds the connection busy and opens a second one.
 */
async function oneByOne(request) {
  for (let n = 0; n < requests; n++) {
    await request();
    await nextTurn();
  }
}

/** The body is read to its end: only then does the connection go back to the pool. */
async function fetchWhole() {
  const response = await fetch(url);
  await response.text();
}

function getWhole(agent) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent }, (response) => {
      response.resume();
      // 'close' comes after 'end', and after the agent has taken the socket back.
      response.on('close', resolve).on('error', reject);
    });
    request.on('error', reject);
  });
}

const tracer = trace.getTracer('fetch-client');
for (const [way, act] of Object.entries(ways))
  await tracer.startActiveSpan(way, { attributes: { requests } }, async (span) => {
    await act();
    span.end();
  });
console.log(`${requests} requests in each of ${Object.keys(ways).length} ways`);

keepAlive.destroy();
// The server ends with its channel, and says goodbye on every connection that is still open: fetch's pool.
child.disconnect();
