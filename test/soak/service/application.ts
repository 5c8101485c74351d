import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import express, { type Express } from 'express';
import { between, hold } from '../rhythm.ts';
import type { Around } from '../service.ts';
import { did } from '../tally.ts';
import { bytes } from '../upstream/answer.ts';
import { outward } from './outward.ts';

/** What a long poll waits for, and an SSE stream is quiet for, in milliseconds. */
const leastQuietMs = 30_000;
const mostQuietMs = 90_000;

/** What a client can ask the service for. */
export function application(around: Around): Express {
  const app = express();
  app.disable('x-powered-by');
  // Without a hint for how long, as most proxies answer: clients go by what they think themselves.
  app.use((_request, response, next) => {
    response.set('connection', 'keep-alive');
    next();
  });
  app.get('/hello', (_request, response) => void response.json({ hello: 'you' }));
  app.get('/healthz', (_request, response) => void response.set('connection', 'close').send('ok'));
  app.get('/heavy', (_request, response) => {
    hold(between(50, 200));
    response.json({ held: true });
  });
  app.post('/upload', async (request, response) => {
    let size = 0;
    for await (const part of request) size += (part as Buffer).length;
    did('bytes uploaded', size);
    response.json({ size });
  });
  app.post('/json', express.json({ limit: '200kb' }), (request, response) => void response.json(request.body));
  app.get('/download/:bytes', async (request, response) => {
    await pipeline(Readable.from(bytes(Number(request.params.bytes)), { objectMode: false }), response);
  });
  app.get('/gzip/:bytes', async (request, response) => {
    response.set({ 'content-encoding': 'gzip', 'content-type': 'text/plain' });
    await pipeline(Readable.from(bytes(Number(request.params.bytes))), createGzip(), response);
  });
  app.get('/events', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('data: hello\n\n');
    const next = () => {
      response.write('data: something happened\n\n');
      timer = setTimeout(next, between(leastQuietMs, mostQuietMs));
    };
    let timer = setTimeout(next, between(leastQuietMs, mostQuietMs));
    response.on('close', () => clearTimeout(timer));
  });
  app.get('/poll', (_request, response) => {
    const timer = setTimeout(() => response.json({ news: false }), between(leastQuietMs, mostQuietMs));
    response.on('close', () => clearTimeout(timer));
  });
  outward(app, around);
  // A client that went away in the middle is no error of the service.
  app.use((error: Error, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
    did(`answers that failed: ${(error as NodeJS.ErrnoException).code ?? error.name}`);
    if (!response.headersSent) response.status(502).json({ error: error.message });
    else response.destroy();
  });
  return app;
}
