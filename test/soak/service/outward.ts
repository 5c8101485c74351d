import { once } from 'node:events';
import { Agent, get, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as TlsAgent, get as tlsGet } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { Express } from 'express';
import { Pool } from 'undici';
import { host } from '../listening.ts';
import { pem } from '../pem.ts';
import { between } from '../rhythm.ts';
import type { Around } from '../service.ts';
import { did } from '../tally.ts';
import { Database } from './database.ts';
import { Helper } from './helper.ts';
import { askTwo } from './http2.ts';

// Each gives an idle connection up before the server does; else some requests would meet its goodbye, and rightly be told of.
const agent = new Agent({ keepAlive: true, maxSockets: 20, timeout: 4000 });

const careful = new Agent({ keepAlive: true, maxSockets: 10, timeout: 1000 });
const tlsAgent = new TlsAgent({ keepAlive: true, maxSockets: 5, timeout: 4000, ca: pem, servername: 'localhost' });

/** Routes that ask something else, each in a way of its own. */
export function outward(app: Express, { upstream, replica }: Around): void {
  const url = `http://${host}:${upstream.http}`;
  const pool = new Pool(`http://${host}:${upstream.patient}`, { connections: 8, keepAliveTimeout: 10_000 });
  const database = new Database(upstream.database);
  const helper = new Helper(upstream.http);

  app.get('/agent/:bytes', async (request, response) => {
    const got = await answered({ host, port: upstream.http, agent, path: `/bytes/${request.params.bytes}` });
    await pipeline(got, response);
  });
  app.get('/careful', async (_request, response) => {
    response.json(await text({ host, port: upstream.brief, agent: careful, path: '/json' }));
  });
  app.post('/forward', async (request, response) => {
    const asked = httpRequest({ host, port: upstream.http, agent, path: '/json', method: 'POST' });
    const [[got]] = await Promise.all([once(asked, 'response'), pipeline(request, asked)]);
    await pipeline(got as IncomingMessage, response);
  });
  app.get('/fetch', async (_request, response) => {
    response.json(await (await fetch(`${url}/json`)).json());
  });
  app.get('/fetch/:bytes', async (request, response) => {
    const got = await fetch(`${url}/gzip/${request.params.bytes}`);
    let size = 0;
    for await (const part of got.body ?? []) size += (part as Uint8Array).length;
    response.json({ size });
  });
  app.get('/undici', async (_request, response) => {
    const { body } = await pool.request({ method: 'GET', path: '/json' });
    response.json(await body.json());
  });
  app.get('/named', async (_request, response) => {
    response.json(await (await fetch(`http://localhost:${upstream.http}/json`)).json());
  });
  app.get('/impatient', async (_request, response) => {
    const signal = AbortSignal.timeout(Math.round(between(20, 200)));
    const got = await fetch(`${url}/after/400`, { signal }).catch((error: Error) => error.name);
    response.json({ got: String(got) });
  });
  app.get('/cancelled', async (_request, response) => {
    const got = await fetch(`${url}/bytes/2000000`);
    await got.body?.cancel();
    response.json({ ok: got.ok });
  });
  app.get('/timeout', (_request, response) => {
    const asked = get({ host, port: upstream.http, agent, path: '/after/2000', timeout: 150 });
    asked.on('timeout', () => asked.destroy(new Error('too late')));
    asked.on('error', ({ message }) => response.json({ message }));
  });
  app.get('/refused', async (_request, response) => {
    const first = await text({ host, port: upstream.nobody, agent, path: '/json' }).catch(() => undefined);
    response.json(first ?? (await text({ host, port: upstream.http, agent, path: '/json' })));
  });
  app.get('/replica', async (_request, response) => {
    response.json(await persistent({ host, port: replica, agent, path: '/after/20' }));
  });
  app.get('/flaky', async (_request, response) => {
    const got = await text({ host, port: upstream.flaky, agent, path: '/json' }).catch(() => undefined);
    response.json(got ?? { fallback: true });
  });
  app.get('/tls', async (_request, response) => {
    const asked = tlsGet({ host, port: upstream.https, agent: tlsAgent, path: '/json' });
    const [got] = (await once(asked, 'response')) as [IncomingMessage];
    response.json(await whole(got));
  });
  app.get('/http2', async (_request, response) => {
    response.json({ size: await askTwo(`http://${host}:${upstream.http2}`, '/bytes/200000') });
  });
  app.get('/query', async (_request, response) => void response.json({ size: await database.query(20) }));
  app.get('/helper', async (_request, response) => void response.json({ size: await helper.ask() }));
}

/** A client that tries again, as clients of something that is deployed do. */
async function persistent(options: RequestOptions): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await text(options);
    } catch (error) {
      if (attempt === 6) throw error;
      did('requests that were tried again');
      await new Promise((resolve) => setTimeout(resolve, attempt * 100));
    }
  }
}

async function answered(options: RequestOptions): Promise<IncomingMessage> {
  const [got] = (await once(get(options), 'response')) as [IncomingMessage];
  return got;
}

async function text(options: RequestOptions): Promise<unknown> {
  return whole(await answered(options));
}

async function whole(got: IncomingMessage): Promise<unknown> {
  let all = '';
  for await (const part of got.setEncoding('utf8')) all += part;
  return all;
}
