// The service that is soaked: a real Express application with what real ones have around it.
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server } from 'node:net';
import { answering } from './answering.ts';
import { keepMs, listening } from './listening.ts';
import { pem } from './pem.ts';
import { plant } from './plant.ts';
import { application } from './service/application.ts';
import { background } from './service/background.ts';
import { halfClosing, tunnels, websockets } from './service/raw.ts';
import type { UpstreamPorts } from './upstream.ts';

/** What the service is told when it starts. */
export interface Around {
  readonly upstream: UpstreamPorts;
  /** The dependency that is deployed again and again. */
  readonly replica: number;
}

/** Where it listens. */
export interface ServicePorts {
  readonly http: number;
  /** The same application behind a server that keeps idle connections for 12 s, or for 65 s. */
  readonly brief: number;
  readonly patient: number;
  readonly https: number;
  readonly raw: number;
}

async function listen(around: Around): Promise<ServicePorts> {
  const app = application(around);
  const http = (keepAliveTimeout: number) => {
    const server = createHttpServer({ keepAliveTimeout }, app);
    websockets(server);
    tunnels(server, around.upstream.database);
    return listening(server as Server);
  };
  background(around);
  return {
    http: await http(keepMs),
    brief: await http(12_000),
    patient: await http(65_000),
    https: await listening(createHttpsServer({ key: pem, cert: pem, keepAliveTimeout: keepMs }, app)),
    raw: await listening(createServer({ allowHalfOpen: true }, halfClosing)),
  };
}

await answering({ listen, plant });
