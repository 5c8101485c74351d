// What the service depends on: HTTP in several habits, a database, a queue of jobs, TLS, HTTP/2.
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { answering } from './answering.ts';
import { keepMs, listening } from './listening.ts';
import { pem } from './pem.ts';
import { answer } from './upstream/answer.ts';
import { database } from './upstream/database.ts';
import { flaky } from './upstream/flaky.ts';
import { jobs } from './upstream/jobs.ts';

/** Where each of them listens. */
export interface UpstreamPorts {
  readonly http: number;
  /** Closes what was idle for 12 s, and says so. */
  readonly brief: number;
  /** Keeps what is idle for longer than a client does. */
  readonly patient: number;
  readonly flaky: number;
  readonly https: number;
  readonly http2: number;
  readonly database: number;
  readonly jobs: number;
  /** Nobody is there. */
  readonly nobody: number;
}

const http = (keepAliveTimeout: number) => listening(createHttpServer({ keepAliveTimeout }, answer));

async function listen(): Promise<UpstreamPorts> {
  const closed = createHttpServer();
  const nobody = await listening(closed);
  closed.close();
  return {
    http: await http(keepMs),
    brief: await http(12_000),
    patient: await http(65_000),
    flaky: await flaky(),
    https: await listening(createHttpsServer({ key: pem, cert: pem, keepAliveTimeout: keepMs }, answer)),
    // Its requests and answers are those of HTTP/1 as far as they are used here.
    http2: await listening(createHttp2Server({}, answer as unknown as Parameters<typeof createHttp2Server>[1])),
    database: await database(),
    jobs: await jobs(),
    nobody,
  };
}

export type { RequestListener };

await answering({ listen });
