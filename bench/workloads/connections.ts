// Short TCP connections as fast as they go: connect, write one byte, end, close. Either end can be the measured one.
import { connect, createServer, type Server } from 'node:net';
import { cpuUs, serve } from './serve.ts';

interface Load {
  readonly port: number;
  readonly count: number;
  /** Connections that are open at once. */
  readonly inFlight: number;
}

/** CPU that `count` connections took in this process. */
export interface Spent {
  readonly cpuUs: number;
  readonly count: number;
}

let closed = 0;
let begunCpuUs = 0;
let reached: { readonly count: number; readonly tell: () => void } | undefined;

let server: Server | undefined;

serve({
  listen: () =>
    new Promise<number>((resolve) => {
      server = createServer((socket) => {
        socket.on('error', () => {});
        socket.resume();
        socket.on('close', () => {
          closed++;
          if (reached && closed >= reached.count) reached.tell();
        });
      });
      server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
        const address = server?.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    }),
  begin() {
    closed = 0;
    begunCpuUs = cpuUs();
  },
  /** CPU since `begin`, when so many accepted connections have closed. */
  async finish({ count }: { count: number }): Promise<Spent> {
    if (closed < count) await new Promise<void>((tell) => (reached = { count, tell }));
    reached = undefined;
    return { cpuUs: cpuUs() - begunCpuUs, count };
  },
  async connect(load: Load): Promise<Spent> {
    const before = cpuUs();
    await run(load);
    return { cpuUs: cpuUs() - before, count: load.count };
  },
});

function run({ port, count, inFlight }: Load): Promise<void> {
  return new Promise((resolve, reject) => {
    let started = 0;
    let done = 0;
    const next = () => {
      started++;
      const socket = connect({ port, host: '127.0.0.1' });
      socket.on('connect', () => {
        socket.write('x');
        socket.end();
      });
      socket.on('error', reject);
      socket.resume();
      socket.on('close', () => {
        done++;
        if (started < count) next();
        else if (done === count) resolve();
      });
    };
    for (let i = 0; i < Math.min(inFlight, count); i++) next();
  });
}
