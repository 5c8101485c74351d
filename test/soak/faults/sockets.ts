import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type ServerOpts, Socket } from 'node:net';
import { Writable } from 'node:stream';
import { type Fault, keep, type Visit } from '../fault.ts';
import { host, listening } from '../listening.ts';

const small = 100;
/** More than a reader takes at once, and less than the kernel holds: the FIN gets in. */
const medium = 150_000;
/** More than the buffers of both ends hold, so that the FIN stays outside. */
const large = 8_000_000;
const times = 2;

/** A server of the service whose connections are treated like that; somebody comes, says something, and is done. */
function serving(treat: (socket: Socket) => unknown, bytes: number, options: ServerOpts = {}): () => Promise<Visit> {
  return async () => {
    const server = keep(createServer(options, (socket) => void treat(keep(socket).on('error', () => {}))));
    return { port: await listening(server), times, bytes, fin: true };
  };
}

const leak = (cause: Fault['cause'], plant: Fault['plant']): Fault => ({ kind: 'close_wait_leak', cause, plant });
const unread = (cause: Fault['cause'], plant: Fault['plant']): Fault => ({ kind: 'unread_data', cause, plant });

const pipeStuck = (socket: Socket) => socket.pipe(new Writable({ highWaterMark: 1, write: () => {} }));
const iterating = async (socket: Socket) => {
  for await (const _ of socket) await new Promise(() => {});
};
const listening_ = (socket: Socket) => socket.on('readable', () => {});

/** Takes what has come, and waits for something that never comes before it finishes. */
class Flushing extends Socket {
  override _final(): void {}
}

/** Sockets of node:net that are forgotten, each in one way. */
export const socketFaults: Readonly<Record<string, Fault>> = {
  'paused-socket': leak(
    'paused',
    serving((socket) => socket.on('data', () => {}).pause(), small),
  ),
  'paused-socket-large': unread(
    'paused',
    serving((socket) => socket.on('data', () => {}).pause(), large),
  ),
  'no-consumer': leak(
    'no_consumer',
    serving((socket) => socket.write('hello'), small),
  ),
  'no-consumer-large': unread(
    'no_consumer',
    serving((socket) => socket.write('hello'), large),
  ),
  'pause-on-connect': leak(
    'pause_on_connect',
    serving(() => {}, small, { pauseOnConnect: true }),
  ),
  'readable-not-read': leak('readable_not_read', serving(listening_, small)),
  'pipe-stuck': leak('pipe_stuck', serving(pipeStuck, medium)),
  'pipe-stuck-large': unread('pipe_stuck', serving(pipeStuck, large)),
  'iterator-stalled': leak('iterator_stalled', serving(iterating, medium)),
  'iterator-stalled-large': unread('iterator_stalled', serving(iterating, large)),
  'half-open-never-ended': leak(
    'half_open_never_ended',
    serving((socket) => socket.resume(), small, { allowHalfOpen: true }),
  ),
  'onread-stopped': unread('onread_stopped', ({ talking: port }) => {
    const onread = { buffer: Buffer.alloc(65_536), callback: () => false };
    keep(connect({ port, host, onread })).on('error', () => {});
    return undefined;
  }),
  'flush-never-ends': leak('ended_write_stuck', ({ leaving: port }) => {
    const socket = keep(new Flushing({ allowHalfOpen: true }));
    socket
      .on('error', () => {})
      .resume()
      .on('end', () => socket.end('bye'));
    socket.connect(port, host);
    return undefined;
  }),
  'descriptor-in-child': leak('fd_in_other_process', async () => {
    const server = keep(
      createServer({ pauseOnConnect: true }, async (socket) => {
        // It lives as long as its standard input: not longer than the service.
        const child = keep(spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', socket] }));
        await once(child, 'spawn');
        socket.destroy();
      }),
    );
    return { port: await listening(server), times: 1, bytes: small, fin: true };
  }),
};
