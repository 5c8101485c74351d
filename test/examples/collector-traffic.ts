import assert from 'node:assert/strict';
import http from 'node:http';
import { compose } from './collector-files.ts';
import { type Environment, get, Service } from './service.ts';

/** Healthy requests, a leak, a client that resets, and an upstream that is gone. */
export async function traffic(collectorPort: number) {
  const here = (environment: Environment): Environment => ({ ...environment, HOST: '127.0.0.1', PORT: '0' });
  const upstreamEnvironment = here(compose.services.upstream.environment ?? {});
  const [, ...upstreamArgs] = compose.services.upstream.command ?? [];
  const upstream = await Service.listening(upstreamArgs, upstreamEnvironment, 'upstream');
  const running = await Service.listening(
    ['examples/express-server/server.mjs'],
    {
      ...here(compose.services.service.environment ?? {}),
      INTERNAL_PORT: '0',
      UPSTREAM: upstream.printed('upstream') ?? '',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collectorPort}`,
    },
    'internal',
  );
  const url = running.printed('service');
  for (const path of ['/health', '/forgotten', '/orders/7']) assert.equal((await get(url + path)).status, 200, path);
  await resetAfter(`${url}/health`);
  await running.program.waitFor('the finding', ({ stderr }) => /^ {2}socket .*\n/m.test(stderr) || undefined);
  await upstream.terminate();
  assert.equal((await get(`${url}/orders/8`)).status, 500);
  const ended = await running.terminate();
  assert.deepEqual([ended.code, ended.signal], [0, null]);
  return ended;
}

/** One answer, then a RST on the connection that it came on. */
async function resetAfter(url: string): Promise<void> {
  const agent = new http.Agent({ keepAlive: true });
  const freed = new Promise<void>((done) => {
    agent.on('free', (socket) => {
      socket.resetAndDestroy();
      done();
    });
  });
  await Promise.all([get(url, agent), freed]);
}
