import { once } from 'node:events';
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { get as tlsGet } from 'node:https';
import type { Driven } from '../clients.ts';
import { host } from '../listening.ts';
import { pem } from '../pem.ts';
import { again, load, manyAgain } from '../rhythm.ts';
import { did, most } from '../tally.ts';

/** Of all health checks, in milliseconds: each is a connection that somebody had to accept. */
export const slowestCheck = 'the slowest health check, in ms';

/** What the usual clients ask for; what is there twice is asked for more often. */
const paths = [
  ...['/hello', '/hello', '/agent/1000', '/agent/300000', '/careful', '/fetch', '/fetch', '/fetch/100000', '/undici'],
  ...['/named', '/impatient', '/cancelled', '/timeout', '/refused', '/replica', '/replica', '/flaky', '/tls', '/http2'],
  ...['/query', '/query', '/helper', '/gzip/200000', '/download/500000'],
];
const body = Buffer.alloc(20_000, 'x');

/** Clients that ask, read the answer, and ask again. */
export function requestingClients({ service, cluster }: Driven): void {
  const many = Math.ceil(24 * load);
  // As in the service: each gives an idle connection up before the server does.
  const agent = new Agent({ keepAlive: true, maxSockets: many, timeout: 4000 });
  const { http: port } = service;
  let turn = 0;
  const next = () => paths[turn++ % paths.length] ?? '/hello';
  manyAgain(many, 'requests over a pool', 250, () => ask({ port, agent, path: next() }));
  manyAgain(many, 'requests by fetch', 400, () => fetched(`http://${host}:${port}${next()}`));
  manyAgain(4, 'uploads', 500, () => ask({ port, agent, path: '/upload', method: 'POST' }, body));
  manyAgain(2, 'uploads that are handed on', 1000, () => ask({ port, agent, path: '/forward', method: 'POST' }, body));
  const large = Buffer.alloc(5_000_000, 'y');
  void again('large uploads', 3000, () => ask({ port, agent, path: '/upload', method: 'POST' }, large));
  void again('requests that hold the loop', 4000, () => ask({ port, agent, path: '/heavy' }));

  // The server gives an idle connection up before the client would, or long after it.
  const others = new Agent({ keepAlive: true, timeout: 1000 });
  manyAgain(4, 'requests to a server that is brief', 2500, () =>
    ask({ port: service.brief, agent: others, path: '/hello' }),
  );
  manyAgain(4, 'requests to a server that is patient', 9000, () => fetched(`http://${host}:${service.patient}/hello`));
  void again('requests over TLS', 1000, async () => {
    const asked = tlsGet({ host, port: service.https, ca: pem, servername: 'localhost', path: '/hello' });
    await read((await once(asked, 'response'))[0]);
  });

  // A connection for each: probes, scrapers, scripts.
  void again('health checks', 2000, async () => {
    const asked = performance.now();
    await ask({ port, agent: false, path: '/healthz' });
    most(slowestCheck, Math.round(performance.now() - asked));
  });
  void again('scrapes', 10_000, () => ask({ port, agent: new Agent(), path: '/gzip/50000' }));
  manyAgain(Math.ceil(3 * load), 'requests over connections of their own', 700, () =>
    ask({ port, agent: false, path: '/hello' }),
  );
  const size = Math.ceil(60 * load);
  void again('bursts', 9000, () =>
    Promise.all(Array.from({ length: size }, () => ask({ port, agent: false, path: '/hello' }))),
  );
  if (cluster !== undefined) {
    const pool = new Agent({ keepAlive: true, timeout: 2000 });
    manyAgain(4, 'requests to a cluster', 300, () => ask({ port: cluster, agent: pool, path: '/json' }));
    void again('requests to a cluster, over connections of their own', 500, () =>
      ask({ port: cluster, agent: false, path: '/last' }),
    );
  }
}

async function ask(options: RequestOptions, sent?: Buffer): Promise<void> {
  const asked = request({ host, ...options });
  asked.end(sent);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  await read(response);
}

async function read(response: IncomingMessage): Promise<void> {
  let size = 0;
  for await (const part of response) size += (part as Buffer).length;
  did('bytes downloaded', size);
}

async function fetched(url: string): Promise<void> {
  did('bytes downloaded', (await (await fetch(url)).arrayBuffer()).byteLength);
}
