import type { LeakCause } from '../../detectors/kinds.ts';
import type { CauseWords, KindWords } from '../words.ts';
import { openFiles } from './limits.ts';

const causes: Readonly<Record<LeakCause, CauseWords>> = {
  half_open_never_ended: {
    seen: "with allowHalfOpen: true Node leaves the goodbye to the code; 'end' came, and nobody called end()",
    advice:
      "Say goodbye yourself when the peer does: socket.on('end', () => socket.end()). If you never send anything after that, leave allowHalfOpen at its default, false, and Node does it for you.",
  },
  paused: {
    seen: 'reading was paused, by pause() or because the target of a pipe() has gone, and never resumed',
    advice:
      'Every pause() needs a resume(), on the error path too. In place of pipe(), which leaves its source paused when the target dies, use stream.pipeline(). To give up on a peer, call destroy(); setTimeout() alone only emits an event and closes nothing.',
  },
  no_consumer: {
    seen: "nobody has ever read: there is no 'data' listener, no pipe, no iterator",
    advice:
      'Attach the reader before the first await of the handler, for that may never come back. If what the peer sends does not matter, call socket.resume(), so that its goodbye is heard all the same. If you are done with the peer, destroy() the socket.',
  },
  readable_not_read: {
    seen: "there is a 'readable' listener, and it leaves bytes unread",
    advice:
      "In the 'readable' listener call socket.read() until it returns null, also when less than a whole message is there: 'end' comes only when everything has been read.",
  },
  pause_on_connect: {
    seen: 'the server has pauseOnConnect: true, and nobody called resume()',
    advice:
      "Call socket.resume() where the socket ends up: a 'data' listener alone does not start it. pauseOnConnect is made for handing sockets to another process; if you do not, leave it out.",
  },
  pipe_stuck: {
    seen: 'the data is piped into a stream that takes no more',
    advice:
      'Find out why the target does not drain: a write() whose callback never comes (on the error path?), or a transform whose other end nobody reads. And use stream.pipeline(), which closes both ends when one fails; pipe() leaves the source open.',
  },
  iterator_stalled: {
    seen: 'a "for await" loop over the socket hangs inside its body',
    advice:
      'Something that the loop awaits never settles. Give it a deadline: when it throws, the loop is left, and leaving the loop destroys the socket.',
  },
  onread_stopped: {
    seen: 'the onread callback returned false, which stops the reading, and nobody called resume()',
    advice: 'Call socket.resume() when you can take more, or destroy() the socket when you want no more.',
  },
  http_response_not_consumed: {
    seen: 'the body of an HTTP response was not read to its end',
    advice:
      'Read every response, also one of which you only want the status: res.resume() throws the body away, req.destroy() hangs up. When you pipe it, use stream.pipeline(): pipe() leaves the response open when its target dies.',
  },
  fetch_body_not_consumed: {
    seen: 'the body of a fetch() response was not read to its end',
    advice:
      'Read the body, or say that you do not want it: await response.body?.cancel(). Looking at response.ok alone keeps the connection. Up to 64 kB are forgiven, so that a test with a short body does not show it.',
  },
  http_request_body_not_consumed: {
    seen: 'the handler has not read the body of the request to its end, nor ended its answer',
    advice:
      'End every request with an answer, early returns and failed checks too: once res.end() is called, Node throws the rest of the upload away. Without an answer, do that yourself with req.resume(), or hang up with req.destroy().',
  },
  http_half_open_response: {
    seen: 'the server has httpAllowHalfOpen: true, the client has finished, and the response was never ended',
    advice:
      'End every response, res.end(), on every path; or leave httpAllowHalfOpen at its default, false, and Node hangs up when the client has.',
  },
  upgrade_forgotten: {
    seen: "an 'upgrade' or 'connect' handler took the socket over from the HTTP server and does not end it",
    advice:
      "From then on the socket is yours alone: Node has taken its own listeners away, and half-open is allowed. Read it, call socket.end() when 'end' comes, and destroy() it on 'error'.",
  },
  ended_write_stuck: {
    seen: 'end() was called, but a write before it has not finished inside the process',
    wire: 'The peer: "I have nothing more to say" (FIN). Your kernel: "heard you" (ACK). Your code has called end(), but your goodbye (FIN) stands in line behind a write that does not finish: the kernel was never told.',
    advice:
      'Something between end() and the kernel holds the last bytes: a _write() or _final() whose callback never comes, a TLS or other layer in between. Find it; a timer that calls destroy() ends the socket in any case.',
  },
  not_accepted: {
    seen: 'the kernel shook hands, and nobody has accepted',
    at: 'at',
    wire: 'Your kernel put the connection into the accept queue. The peer came, said "I have nothing more to say" (FIN) and was told "heard you" (ACK); nobody ever took the connection out.',
    turn: 'It is your turn: accept it, or close the listener. CLOSE_WAIT has no timeout.',
    outcome: 'Each one holds a place in the accept queue; when that is full, nobody else gets in.',
    advice:
      'A listener of this process has it, whose event loop turns: find out who was to accept. A cluster worker that is blocked or gone, or nobody: a child process that inherited the listening socket (stdio: [server, …]) keeps it open after server.close(). Close it there, or accept.',
  },
  fd_in_other_process: {
    seen: 'JavaScript has closed the socket, yet another process still holds it',
    wire: 'The peer: "I have nothing more to say" (FIN). Your kernel: "heard you" (ACK). It says your goodbye (FIN) when the last process that holds the socket closes it: your JavaScript has, another process has not.',
    turn: 'It is the turn of that other process. CLOSE_WAIT has no timeout.',
    outcome: 'Each one holds a descriptor (an open file) over there until then.',
    advice:
      'A child process inherited the descriptor (stdio: [socket, …]) or was sent it. Close it there, end the child, or pipe the data to the child instead of giving it the socket.',
  },
  handle_without_js_socket: {
    seen: 'this process holds the descriptor, but no JavaScript socket stands for it',
    advice:
      'In a cluster primary, connections wait here for workers that are too busy to take them, or that were killed while taking one. With worker threads, look in the other threads. Else a native addon holds it.',
  },
  unknown: {
    seen: 'why, could not be told from here',
    advice: 'Follow the socket from the line that made it, and close it on every path, the error paths too.',
  },
};

export const closeWaitLeak: KindWords<'close_wait_leak'> = {
  noun: ['connection', 'connections'],
  title: 'in CLOSE_WAIT, never closed',
  wire: 'The peer: "I have nothing more to say" (FIN). Your kernel: "heard you, wait, I may have more" (ACK). Your own goodbye (FIN) never came.',
  turn: 'It is your turn: the kernel waits for your process to end its side. CLOSE_WAIT has no timeout.',
  outcome: 'Each one holds a descriptor (an open file) until then.',
  limit: openFiles,
  causes,
};

/** Before the goodbye of the peer, it is another story that these two tell. */
const established: Partial<typeof causes> = {
  not_accepted: {
    ...causes.not_accepted,
    wire: 'Your kernel put the connection into the accept queue. The peer believes that it is connected and talks; nobody has taken the connection out.',
    turn: 'It is your turn: accept it, or close the listener. To the peer the connection looks healthy.',
  },
  fd_in_other_process: {
    ...causes.fd_in_other_process,
    wire: 'The peer talks, and nobody listens: its bytes lie in the kernel unread. Your JavaScript has closed the socket, but the kernel closes it when the last process that holds it does.',
    turn: 'It is the turn of that other process. To the peer the connection looks healthy.',
  },
};

export const unreadData: KindWords<'unread_data'> = {
  noun: ['connection', 'connections'],
  title: 'established, with bytes that nobody reads',
  wire: 'The peer talks, and your side does not listen: its bytes lie in the kernel unread. When the buffer is full the kernel says "stop" (window 0), and then not even the peer\'s goodbye (FIN) gets in.',
  turn: 'It is your turn: read what is there, or close. To everybody else the connection looks healthy.',
  outcome: 'Each one holds a descriptor (an open file) and a buffer until one of the two sides gives up.',
  limit: openFiles,
  causes: { ...causes, ...established },
};
