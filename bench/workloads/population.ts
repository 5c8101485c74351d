// Sockets of somebody else: of each hundred 70 in ESTABLISHED, and 10 each in CLOSE_WAIT, FIN_WAIT_2 and TIME_WAIT.
import { connect, createServer, type Socket } from 'node:net';
import { serve } from './serve.ts';

/** TIME_WAIT lasts 60 s. */
const renewMs = 58_000;
const atOnce = 100;

const held: Socket[] = [];
let opened = 0;
let halfClosed = 0;

serve({
  /** Both ends of every connection are here; resolves when all are in their states. */
  async populate({ count }: { count: number }) {
    const port = await listen();
    await openAll(port, Math.round(count * 0.35), keep);
    const half = Math.round(count * 0.1);
    await openAll(port, half, halfClose);
    while (halfClosed < half) await new Promise((resolve) => setTimeout(resolve, 10));
    const renew = () => openAll(port, Math.round(count * 0.1), close);
    await renew();
    setInterval(() => void renew(), renewMs);
  },
});

/** A peer that sends a byte waits with its end for nothing: it stays in CLOSE_WAIT. Others are closed in turn. */
function listen(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      let stays = false;
      socket.on('error', () => {});
      socket.once('data', () => {
        stays = true;
        held.push(socket);
      });
      socket.on('end', () => {
        if (stays) halfClosed++;
        else socket.end();
      });
    });
    server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

async function openAll(port: number, count: number, then: (socket: Socket) => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done += atOnce)
    await Promise.all(Array.from({ length: Math.min(atOnce, count - done) }, () => open(port).then(then)));
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: `127.0.0.${1 + (opened++ % 16)}`, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket));
    socket.on('error', reject);
  });
}

async function keep(socket: Socket): Promise<void> {
  held.push(socket);
}

async function halfClose(socket: Socket): Promise<void> {
  held.push(socket);
  socket.end('x');
}

function close(socket: Socket): Promise<void> {
  socket.resume();
  socket.end();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
