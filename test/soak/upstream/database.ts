import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { listening } from '../listening.ts';
import { between } from '../rhythm.ts';

/** One line is one query: `rows N` is answered by so many lines and an empty one. Idle connections stay for ever. */
export function database(): Promise<number> {
  return listening(createServer(session));
}

function session(socket: Socket): void {
  socket.on('error', () => {});
  createInterface({ input: socket })
    .on('error', () => {})
    .on('line', (line) => {
      const rows = Number(line.split(' ')[1]);
      setTimeout(() => socket.write(`${'a row of the table\n'.repeat(rows)}\n`), between(0, 15));
    });
}
