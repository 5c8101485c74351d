// An Express service with OpenTelemetry and synfin, from the first line to the last.
//
//   node examples/express-server/server.mjs
//
// PORT (3000) and HOST (127.0.0.1) are the service's, INTERNAL_PORT (3002) answers on 127.0.0.1 only, UPSTREAM is what
// the service calls. Port 0 is any free one; the ports are printed.

import { once } from 'node:events';
import http from 'node:http';
import { serviceApp } from './app.mjs';
import { internalApp } from './internal.mjs';
import { agent, sdk } from './telemetry.mjs';

const { PORT = '3000', HOST = '127.0.0.1', INTERNAL_PORT = '3002', UPSTREAM = 'http://127.0.0.1:3001' } = process.env;

/** Answers that are under way may take so long after SIGTERM. Kubernetes kills after 30 s. */
const graceMs = 10_000;

console.log(`pid       ${process.pid}`);
const servers = [
  await listening('service', serviceApp(UPSTREAM), Number(PORT), HOST),
  await listening('internal', internalApp(agent), Number(INTERNAL_PORT), '127.0.0.1'),
];

async function listening(name, app, port, host) {
  const server = http.createServer(app).listen(port, host);
  await once(server, 'listening');
  console.log(`${name.padEnd(10)}http://${host}:${server.address().port}`);
  return server;
}

// Once: a second Ctrl-C ends the process at once.
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, shutDown);

async function shutDown(signal) {
  console.log(`${signal}: no new connections, answers under way are finished`);
  await Promise.all(servers.map(closed));
  // The teardown spans of the connections that have just ended are still in the SDK's batch.
  await sdk.shutdown().catch((error) => console.error(`spans were lost: ${error.message}`));
  console.log('bye');
  // A forgotten connection would keep the process alive.
  process.exit();
}

/** Resolves when the last connection is closed. One that serves a request becomes idle only with its answer. */
async function closed(server) {
  const over = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
  await over;
  clearInterval(sweep);
  clearTimeout(deadline);
}
