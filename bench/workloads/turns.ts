// How long single turns of the event loop last while synfin looks: connections of its own, and a loop that never rests.
import { connect, type Socket } from 'node:net';
import { ownKernelSockets, threadCpuUs } from '../subjects.ts';
import { cpuUs, serve } from './serve.ts';

/** The longest turns of some seconds, in microseconds. */
export interface Turns {
  /** CPU of the loop's thread: what others do with the processor meanwhile is not in it. */
  readonly longestCpuUs: number;
  /** By the clock on the wall. */
  readonly longestUs: number;
  readonly turns: number;
}

const held: Socket[] = [];

serve({
  async open({ port, count }: { port: number; count: number }) {
    for (let opened = 0; opened < count; opened += 100)
      await Promise.all(Array.from({ length: Math.min(100, count - opened) }, () => open(port)));
  },
  turn: ({ ms }: { ms: number }) => turn(ms),
  /** CPU of TCP_INFO of each connection in turn, in microseconds per connection. */
  tcpInfo({ times }: { times: number }): number {
    const kernel = ownKernelSockets();
    const fds = held.map((socket) => (socket as unknown as { _handle: { fd: number } })._handle.fd);
    const before = cpuUs();
    let established = 0;
    for (let i = 0; i < times; i++)
      for (const fd of fds) if (kernel.tcpInfo(fd)?.state === 'established') established++;
    const used = cpuUs() - before;
    if (established !== times * fds.length) throw new Error(`${established} of ${times * fds.length} were established`);
    return used / established;
  },
  cpu: () => cpuUs(),
});

function turn(ms: number): Promise<Turns> {
  return new Promise((resolve) => {
    const end = performance.now() + ms;
    let longestCpuUs = 0;
    let longestUs = 0;
    let turns = 0;
    let cpu = threadCpuUs();
    let at = performance.now();
    const next = () => {
      const cpuNow = threadCpuUs();
      const now = performance.now();
      longestCpuUs = Math.max(longestCpuUs, cpuNow - cpu);
      longestUs = Math.max(longestUs, (now - at) * 1000);
      turns++;
      cpu = cpuNow;
      at = now;
      if (now >= end) resolve({ longestCpuUs, longestUs, turns });
      else setImmediate(next);
    };
    setImmediate(next);
  });
}

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
