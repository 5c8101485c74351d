// One replica of something that is deployed again and again: on SIGTERM it takes nothing new, finishes, and is gone.
import { createServer } from 'node:http';
import { answering } from './answering.ts';
import { keepMs, listening } from './listening.ts';
import { answer } from './upstream/answer.ts';

const server = createServer({ keepAliveTimeout: keepMs }, answer);

/** So long requests that were under way may go on. */
const drainMs = 3000;

process.once('SIGTERM', () => {
  server.close(() => process.exit());
  server.closeIdleConnections();
  // A connection that is used all the time is never idle.
  setTimeout(() => server.closeAllConnections(), drainMs);
});

await answering({ listen: ({ port }: { port: number }) => listening(server, { port }) });
