import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { host } from '../listening.ts';

const most = 8;

/** A pool of connections as drivers have them: made when they are missed, kept for ever, most of them idle. */
export class Database {
  readonly #port: number;
  readonly #free: Socket[] = [];
  #made = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** So many rows; says how many characters they were. */
  async query(rows: number): Promise<number> {
    const socket = await this.#take();
    let all = '';
    socket.write(`rows ${rows}\n`);
    while (!all.endsWith('\n\n')) all += String(await once(socket, 'data'));
    this.#free.push(socket);
    return all.length;
  }

  async #take(): Promise<Socket> {
    // The one that has been idle for longest, so that each has its turn now and then.
    const free = this.#free.shift();
    if (free && (this.#made >= most || Math.random() < 0.9)) return free;
    if (free) this.#free.push(free);
    this.#made++;
    const socket = connect({ port: this.#port, host, keepAlive: this.#made % 2 === 0, keepAliveInitialDelay: 5000 });
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  }
}
