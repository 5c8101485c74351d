// A service that closes synfin's agent when some scrapes have told of it, and runs on. It starts another one when it is
// cured.
import { connect, createServer } from 'node:net';
import { start } from 'synfin';
import { collectMetrics } from 'synfin/prometheus';
import { whenCured } from './beside.mjs';
import { register, server } from './metrics.mjs';

const enough = 3;

const service = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');

let scrapes = 0;
server.on('request', () => {
  if (++scrapes === enough) start().close();
});
whenCured(() => {
  start();
  collectMetrics({ register });
  // It begins to look with the first connection that it sees. Prometheus's would do, did it come by TCP.
  connect(service.address().port, '127.0.0.1').end();
});
