// Preloaded after synfin: serves its metrics at METRICS, a socket of the file system, so that they can be read out of
// whichever network namespace the program is in, and are no TCP connection of its own.
import { createServer } from 'node:http';
import { Registry } from 'prom-client';
import { collectMetrics } from 'synfin/prometheus';

export const register = new Registry();
collectMetrics({ register });

export const server = createServer(async (_request, response) => {
  const text = await register.metrics();
  response.setHeader('content-type', register.contentType).end(text);
});
server.listen(process.env.METRICS).unref();
