// A HTTP gateway: each request that comes in makes one that goes out. And what stands on either side of it.
import { Agent, createServer, get, type RequestListener } from 'node:http';
import { cpuUs, serve } from './serve.ts';

interface Load {
  readonly port: number;
  readonly count: number;
  readonly inFlight: number;
  readonly keepAlive: boolean;
}

const agents = {
  kept: new Agent({ keepAlive: true, maxSockets: 64 }),
  once: new Agent({ keepAlive: false, maxSockets: 64 }),
};

let begun = 0;

serve({
  upstream: () => listen((_request, response) => response.end('hello')),
  gateway: ({ port, keepAlive }: { port: number; keepAlive: boolean }) =>
    listen((_request, response) => {
      const outgoing = get({ port, host: '127.0.0.1', agent: agentFor(keepAlive) }, (incoming) =>
        incoming.pipe(response),
      );
      outgoing.on('error', () => response.destroy());
    }),
  begin() {
    begun = cpuUs();
  },
  finish: () => cpuUs() - begun,
  drive: (load: Load) => drive(load),
});

function agentFor(keepAlive: boolean): Agent {
  return keepAlive ? agents.kept : agents.once;
}

function listen(listener: RequestListener): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer({ keepAliveTimeout: 600_000 }, listener);
    server.listen(0, '127.0.0.1', 4096, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

async function drive({ port, count, inFlight, keepAlive }: Load): Promise<void> {
  let left = count;
  const loop = async () => {
    while (left-- > 0) await request(port, agentFor(keepAlive));
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
}

function request(port: number, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = get({ port, host: '127.0.0.1', agent }, (response) => {
      response.on('end', resolve);
      response.resume();
    });
    outgoing.on('error', reject);
  });
}
