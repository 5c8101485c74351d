import type { LeakCause } from '../../detectors/kinds.ts';
import type { CauseWords, KindWords } from '../words.ts';
import { openFiles } from './limits.ts';

const causes: Readonly<Record<LeakCause, CauseWords>> = {
  half_open_never_ended: {
    seen: "allowHalfOpen is true, the 'end' event came, and nobody called end()",
    advice:
      "With allowHalfOpen: true, saying goodbye is your job: socket.on('end', () => socket.end()). If you do not need to send after the peer has finished, leave allowHalfOpen at its default, false.",
  },
  paused: {
    seen: 'pause() was called and resume() never, so that the goodbye waits behind unread bytes',
    advice:
      'Every pause() needs a resume(), on the error path too. To give up on a peer, call destroy(); setTimeout() alone only emits an event and closes nothing.',
  },
  no_consumer: {
    seen: 'nobody ever read: there is no data listener, no pipe, no iterator',
    advice:
      'Attach a reader before the first await of the connection handler, or call socket.resume() if the incoming bytes do not matter. If you are done with the peer, destroy() it.',
  },
  readable_not_read: {
    seen: "there is a 'readable' listener, and it does not read",
    advice: "In the 'readable' listener call socket.read() until it returns null.",
  },
  pause_on_connect: {
    seen: 'the server has pauseOnConnect: true, and nobody called resume()',
    advice:
      'pauseOnConnect is made for handing sockets to another process. Call socket.resume() where the socket ends up, or leave the option out.',
  },
  pipe_stuck: {
    seen: 'the data is piped into a stream that takes no more',
    advice:
      'Find out why the target does not drain (nobody reads its other end, or a callback of its write() never comes), and use stream.pipeline(), which closes both ends when one fails; pipe() leaves the source open.',
  },
  iterator_stalled: {
    seen: 'a "for await" loop over the socket is stuck inside its body',
    advice:
      'Something awaited inside the loop never settles. Give it a timeout, or break out of the loop: leaving it destroys the socket.',
  },
  onread_stopped: {
    seen: 'the onread callback returned false, and nobody called resume()',
    advice: 'Returning false from onread pauses the socket: call socket.resume() when you want more, or destroy() it.',
  },
  http_response_not_consumed: {
    seen: 'the body of an HTTP response was never read to its end',
    advice:
      'Consume every response: res.resume() when the body does not matter, or req.destroy() to give it up. When you pipe it, use stream.pipeline(): pipe() leaves the response open when its target dies.',
  },
  fetch_body_not_consumed: {
    seen: 'the body of a fetch() response was never read',
    advice:
      'Read the body, or say that you do not want it: await response.body?.cancel(). Looking at response.ok alone keeps the connection.',
  },
  http_request_body_not_consumed: {
    seen: 'the request handler does not read the body of the request',
    advice:
      'Read the body before or while answering, or call req.resume() to throw it away, or req.destroy() to hang up. Early returns and failed validation are the usual places.',
  },
  http_half_open_response: {
    seen: 'the server has httpAllowHalfOpen, the client has finished, and the response was never ended',
    advice: 'With httpAllowHalfOpen, end every response (res.end()), or leave the option at its default, false.',
  },
  upgrade_forgotten: {
    seen: "an 'upgrade' or 'connect' handler took the socket over from the HTTP server and does not end it",
    advice:
      "After 'upgrade' or 'connect' the socket is yours alone, half-open allowed and without a listener left: read it, call socket.end() on 'end', and destroy() it on 'error'.",
  },
  ended_write_stuck: {
    seen: 'end() was called, but a write before that never finished inside the process',
    advice:
      'A write callback never came: look for cork() without uncork(), or for a transform or TLS layer that is stuck. A timeout that calls destroy() ends it in any case.',
  },
  not_accepted: {
    seen: 'the handshake is done, the peer has come and gone, and nobody has accepted the connection',
    advice:
      'It waits in the accept queue of a listener that this process holds, while its event loop turns. Find out who was to accept: a cluster worker that is blocked or gone, or nobody, because a child process inherited the listening socket (stdio: [server, …]) after server.close(). Close it there, or accept.',
    outcome: 'Each one holds a place in the accept queue; when that is full, nobody else gets in.',
  },
  fd_in_other_process: {
    seen: 'JavaScript has closed the socket, yet another process still holds it',
    advice:
      'A child process inherited the descriptor (stdio: [socket, …]) or was sent it. Close it there, end the child, or pipe the data to the child instead of giving it the socket.',
  },
  handle_without_js_socket: {
    seen: 'this process holds the descriptor, but no JavaScript socket stands for it',
    advice:
      'In a cluster primary: connections wait here for workers that are too busy to take them, or were killed while taking one. With worker threads: look in the other threads. Else a native addon holds it.',
  },
  unknown: {
    seen: 'why, could not be told from here',
    advice: 'Look at what the code does with this socket after the call site below, and close it on every path.',
  },
};

export const closeWaitLeak: KindWords<'close_wait_leak'> = {
  noun: ['connection', 'connections'],
  title: 'in CLOSE_WAIT, never closed',
  wire: 'The peer has said goodbye (FIN), the kernel answered "heard you" (ACK); your process never said goodbye itself.',
  turn: 'It is your turn: the kernel waits for your process to end its side. CLOSE_WAIT has no timeout.',
  outcome: 'Each one holds a descriptor until then.',
  limit: openFiles,
  causes,
};

export const unreadData: KindWords<'unread_data'> = {
  noun: ['connection', 'connections'],
  title: 'established, with bytes that nobody reads',
  wire: 'The peer has sent bytes and your process does not read them. Once the buffer is full, nothing more gets in, not even the goodbye (FIN) of the peer.',
  turn: 'It is your turn: read what is there, or close. To everybody else the connection looks healthy.',
  outcome: 'Each one holds a descriptor and a full buffer, here and at the peer, for as long as the peer waits.',
  limit: openFiles,
  causes,
};
