// A server that somebody floods with SYNs (test/fixtures/apps/syns.py): it does nothing wrong. Backlog 64.
import { createServer } from 'node:net';
import './beside.mjs';

createServer((socket) => socket.resume()).listen({ port: 8080, host: '0.0.0.0', backlog: 64 }, () => {
  console.log('listening');
});
