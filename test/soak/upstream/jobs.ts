import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { listening } from '../listening.ts';
import { bytes } from './answer.ts';

/** Pushes work for as long as somebody takes it: the buffers between the two are always full. */
export function jobs(): Promise<number> {
  return listening(
    createServer((socket) => {
      socket.on('error', () => {});
      pipeline(Readable.from(bytes(Number.POSITIVE_INFINITY), { objectMode: false }), socket).catch(() => {});
    }),
  );
}
