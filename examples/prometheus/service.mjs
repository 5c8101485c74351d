// A service whose /metrics has what synfin measures. Synfin is preloaded (start.mjs): the service names it only where it
// hands the metrics on.
//
// PORT (3000) and HOST (127.0.0.1) are its own, UPSTREAM is what it calls.

import { once } from 'node:events';
import http from 'node:http';
import express from 'express';
import { Registry } from 'prom-client';
import { collectMetrics } from 'synfin/prometheus';

const { PORT = '3000', HOST = '127.0.0.1', UPSTREAM = 'http://127.0.0.1:3001' } = process.env;

const register = new Registry();
collectMetrics({ register });

const app = express();

app.get('/metrics', async (_req, res) => {
  res.type(register.contentType).send(await register.metrics());
});

app.get('/orders/:id', async (req, res) => {
  const response = await fetch(`${UPSTREAM}/document?size=2000`);
  const document = await response.text();
  res.json({ id: req.params.id, bytes: document.length });
});

// THE MISTAKES. Only response.ok is looked at, the body is never read, and a list keeps the Response from the garbage
// collector. Of a short body the upstream's FIN arrives, and is never answered: CLOSE_WAIT. Of a long one it cannot
// even arrive: bytes wait that nobody reads.
const forgotten = [];
let isHealed = false;

async function checkDocument(size) {
  const response = await fetch(`${UPSTREAM}/document?size=${size}`);
  if (isHealed) await response.body.cancel();
  else forgotten.push(response);
  return response.ok;
}

app.get('/forgotten', async (_req, res) => {
  res.json({ ok: await checkDocument(150_000) });
});

app.get('/unread', async (_req, res) => {
  res.json({ ok: await checkDocument(3_000_000) });
});

// What a new version would do: from now on no body is forgotten. And what a restart would: those that were are closed.
app.post('/heal', async (_req, res) => {
  isHealed = true;
  const bodies = forgotten.splice(0);
  await Promise.allSettled(bodies.map((response) => response.body.cancel()));
  res.json({ closed: bodies.length });
});

// The upstream hangs up on idle connections: a request that goes out at that moment fails, and is not our mistake.
app.use((error, _req, res, _next) => res.status(502).json({ error: error.message }));

const server = http.createServer(app).listen(Number(PORT), HOST);
await once(server, 'listening');
console.log(`service   http://${HOST}:${server.address().port}`);
