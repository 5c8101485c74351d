// Connections that stay open and do nothing: what each of them weighs, and what it costs to have them.
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuUs, serve } from './serve.ts';

/** Bytes of this process after a full collection. */
export interface Memory {
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
}

const held: Socket[] = [];
const accepted: Socket[] = [];

serve({
  /** Listens on all of 127.0.0.0/8. */
  listen: () =>
    new Promise<number>((resolve) => {
      const server = createServer((socket) => {
        socket.on('error', () => {});
        accepted.push(socket);
      });
      server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, () => {
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    }),
  async open({ port, count }: { port: number; count: number }) {
    for (let opened = 0; opened < count; opened += 100)
      await Promise.all(Array.from({ length: Math.min(100, count - opened) }, () => open(port)));
  },
  async awaitAccepted({ count }: { count: number }) {
    while (accepted.length < count) await delay(10);
    // What is done about a new connection is done a little later, in slices.
    await delay(300);
  },
  memory(): Memory {
    if (!globalThis.gc) throw new Error('node must run with --expose-gc');
    for (let i = 0; i < 4; i++) globalThis.gc();
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    return { heapUsed, external, arrayBuffers };
  },
  cpu: () => cpuUs(),
});

function open(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: `127.0.0.${1 + (held.length % 8)}` });
    held.push(socket);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve();
    });
    socket.once('error', reject);
  });
}
