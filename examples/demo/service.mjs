// The service that synfin watches: a small Express app as one meets it everywhere. It does not know of synfin, and three
// mistakes are in it that no test, no linter and no error log ever showed anybody. Look for MISTAKE.
//
//   UPSTREAM=http://127.0.0.1:3001 node --import synfin/register --import ./telemetry.mjs service.mjs

import http from 'node:http';
import express from 'express';

const upstream = process.env.UPSTREAM;
const app = express();

app.get('/health', (_req, res) => {
  res.json({ status: 'ok' });
});

// Healthy: the body is read to its end, so the connection goes back to fetch's pool and serves the next request.
app.get('/report', async (_req, res) => {
  const response = await fetch(`${upstream}/document?size=20000`);
  const document = await response.text();
  res.json({ bytes: document.length });
});

// MISTAKE 1: only response.ok is looked at, the body is never read. The connection cannot go back to the pool, and when
// the upstream hangs up, its FIN waits behind bytes that nobody takes. As long as something keeps the Response (here
// the list for a status page), the garbage collector cannot help either.
// The remedy is one line: await response.body?.cancel();
const lastChecks = [];

async function checkDocument(size) {
  const response = await fetch(`${upstream}/document?size=${size}`);
  lastChecks.push({ at: new Date(), response });
  if (lastChecks.length > 100) lastChecks.shift();
  return response.ok;
}

app.get('/check', async (req, res) => {
  res.json({ ok: await checkDocument(Number(req.query.size)) });
});

// Legal, only wasteful: without keep-alive each request pays for a connection of its own, and whichever side says
// goodbye first keeps a TIME_WAIT for a minute.
const withoutKeepAlive = new http.Agent({ keepAlive: false });

app.get('/legacy', async (_req, res) => {
  res.json({ status: await statusOfDocument(withoutKeepAlive) });
});

// MISTAKE 3: the agent keeps connections alive, but only one of them when thirty come back at once. The other
// twenty-nine are closed, each leaves a TIME_WAIT, and the next time they are opened again.
// The remedy is to leave maxFreeSockets as it is: 256.
const smallPool = new http.Agent({ keepAlive: true, maxFreeSockets: 1 });

app.get('/dashboard', async (_req, res) => {
  res.json(await Promise.all(Array.from({ length: 30 }, () => statusOfDocument(smallPool))));
});

function statusOfDocument(agent) {
  return new Promise((resolve, reject) => {
    const request = http.get(`${upstream}/document?size=2000`, { agent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
    });
    request.on('error', reject);
  });
}

const server = http.createServer(app);

// MISTAKE 2: after 'upgrade' the socket belongs to this handler alone. It reads, it even handles errors, but when the
// client says goodbye nobody says it back: the HTTP server's sockets do not end by themselves (allowHalfOpen).
// The remedy is one line: socket.on('end', () => socket.end());
server.on('upgrade', (_req, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ticker\r\n\r\n');
  socket.on('data', () => {});
  socket.on('error', () => socket.destroy());
});

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  const { port } = server.address();
  console.log(`listening on http://127.0.0.1:${port}`);
  process.send?.({ kind: 'ready', port });
});
