// Answers everything; a process of its own, so that the table shows the client's side alone.

import http from 'node:http';

const server = http.createServer((_request, response) => response.end('ok\n'));

// It never hangs up on an idle connection of its own accord, and announces nothing.
server.keepAliveTimeout = 0;

server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.once('disconnect', () => process.exit());
