import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';

/** Somebody who takes what an exporter sends, and looks at none of it. */
export interface Collector {
  readonly port: number;
  /** Connections that were made to it. */
  readonly connections: () => number;
  close(): void;
}

/** Takes OTLP over HTTP, and closes each connection after its answer. */
export function httpCollector(contentType: string): Promise<Collector> {
  return listening(
    http.createServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { connection: 'close', 'content-type': contentType });
        response.end(contentType.endsWith('json') ? '{}' : '');
      });
    }),
  );
}

/** Takes OTLP over gRPC: an empty message, and the status OK. */
export function grpcCollector(): Promise<Collector> {
  const server = http2.createServer();
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.resume().on('end', () => stream.end(Buffer.alloc(5)));
  });
  return listening(server);
}

/** Takes what comes and never says a word. */
export function silentCollector(): Promise<Collector> {
  return listening(net.createServer((socket) => socket.resume()));
}

async function listening(server: net.Server): Promise<Collector> {
  const sockets: net.Socket[] = [];
  server.on('connection', (socket: net.Socket) => sockets.push(socket.on('error', () => {})));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => sockets.length,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
