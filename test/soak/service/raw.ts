import { createHash } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { host } from '../listening.ts';
import { between, stillMs } from '../rhythm.ts';
import { did } from '../tally.ts';

/** Of the handshake of a WebSocket (RFC 6455, section 1.3). */
const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const text = 0x81;
const close = 0x88;
const pingMs = 20_000;

/** WebSockets at any path: says hello, sends news now and then, and ends when the client does. */
export function websockets(server: Server): void {
  server.on('upgrade', ({ headers }: IncomingMessage, socket: Duplex) => {
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${magic}`).digest('base64');
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'));
    const say = () => socket.write(Buffer.from([text, 5, ...Buffer.from('hello')]));
    say();
    const timer = setInterval(say, pingMs);
    socket.on('data', (frame: Buffer) => {
      if (frame[0] === close) socket.end(Buffer.from([close, 0]));
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => {});
    socket.on('close', () => clearInterval(timer));
    did('websockets');
  });
}

/** `CONNECT`: a tunnel to the database. Most of the time nothing goes through it. */
export function tunnels(server: Server, port: number): void {
  server.on('connect', (_request: IncomingMessage, client: Duplex) => {
    const far = connect(port, host, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      far.pipe(client).pipe(far);
    });
    far.on('error', () => client.destroy());
    client.on('error', () => far.destroy());
    client.on('close', () => far.destroy());
    did('tunnels');
  });
}

/** Reads until the client has finished its side, thinks, answers, and finishes too. */
export function halfClosing(socket: Socket): void {
  socket.on('error', () => {});
  socket.resume().on('end', () => {
    setTimeout(() => socket.end('your answer'), between(0, stillMs));
  });
}
