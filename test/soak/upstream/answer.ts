import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { between } from '../rhythm.ts';
import { did } from '../tally.ts';

const chunk = Buffer.alloc(65_536, 'synfin ');

/** So many bytes, as fast as they are taken. */
export function* bytes(total: number): Generator<Buffer> {
  for (let left = total; left > 0; left -= chunk.length) yield left < chunk.length ? chunk.subarray(0, left) : chunk;
}

/** `/bytes/N`, `/gzip/N`, `/after/MS`, `/last` (Connection: close); a body is read and measured. */
export async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.on('error', () => {});
  // Without a hint for how long, as most proxies answer: clients go by what they think themselves.
  if (request.httpVersionMajor === 1 && !response.hasHeader('connection'))
    response.setHeader('connection', 'keep-alive');
  const [, what, amount = '0'] = request.url?.split('/') ?? [];
  const number = Number.parseInt(amount, 10);
  try {
    if (what === 'bytes') await pipeline(Readable.from(bytes(number), { objectMode: false }), response);
    else if (what === 'gzip') {
      response.setHeader('content-encoding', 'gzip');
      await pipeline(Readable.from(bytes(number)), createGzip(), response);
    } else {
      let size = 0;
      for await (const part of request) size += (part as Buffer).length;
      did('bytes uploaded', size);
      if (what === 'last') response.setHeader('connection', 'close');
      const ms = what === 'after' ? number : between(0, 20);
      const timer = setTimeout(() => response.end(JSON.stringify({ size, at: Date.now() })), ms);
      response.on('close', () => clearTimeout(timer));
    }
  } catch {
    // The client went away: what clients do.
    did('answers that nobody waited for');
  }
}
