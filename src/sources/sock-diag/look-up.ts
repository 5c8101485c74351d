import { constants } from 'node:os';
import type { Row } from '../../connection/observation.ts';
import { SynfinError } from '../../errors.ts';
import { errnoName, type Libc } from '../../ffi/libc.ts';
import { fourTupleKey } from '../../tcp/endpoint.ts';
import type { Instant, SocketIdentity } from '../../tcp/identity.ts';
import { lookUpRequest, parseInetDiag, SOCK_DIAG_BY_FAMILY } from './inet-diag.ts';
import { walkMessages } from './netlink.ts';
import { failed, openSockDiag, refused } from './sock-diag-errors.ts';

/** More than one inet_diag_msg with its attributes (408 bytes on Linux 6.18), or an error with its request (92). */
const answerSize = 4096;

/**
 * The one socket with this identity's four-tuple and, if it has one, cookie; its `info` included. Undefined when there
 * is none. Takes some 20 µs, in this turn of the event loop.
 */
export function lookUp(libc: Libc, id: SocketIdentity, now: () => Instant): Row | SynfinError | undefined {
  if (id.tuple === undefined) return failed('looking a socket up', 'the identity has no four-tuple');
  const sequence = 1;
  const request = lookUpRequest(id.tuple, id.cookie, sequence);
  if (request instanceof SynfinError) return request;
  const fd = openSockDiag(libc);
  if (fd instanceof SynfinError) return fd;
  try {
    const sent = libc.send(fd, request);
    if (sent < 0) return failed('sending a sock_diag look-up', errnoName(sent));
    const buffer = new DataView(new ArrayBuffer(answerSize));
    const length = libc.receive(fd, new Uint8Array(buffer.buffer));
    if (length < 0) return failed('receiving the answer to a sock_diag look-up', errnoName(length));
    let answer: Row | SynfinError | undefined;
    const at = now();
    const walked = walkMessages(buffer, length, sequence, (type, start, end) => {
      if (type === SOCK_DIAG_BY_FAMILY) answer ??= parseInetDiag(buffer, start, end, at);
    });
    if (walked.kind === 'malformed') return walked.error;
    if (walked.kind === 'error') return isAbsence(walked.errno) ? undefined : refused('look-up', walked.errno);
    if (answer === undefined) return failed('looking a socket up', 'the kernel sent no answer');
    if (answer instanceof SynfinError) return answer;
    return isAsked(answer, id) ? answer : undefined;
  } finally {
    libc.close(fd);
  }
}

/** Whether it is the socket asked for: for a four-tuple that it does not know, the kernel shows the port's listener. */
function isAsked(row: Row, { tuple, cookie }: SocketIdentity): boolean {
  if (cookie !== undefined && row.id.cookie !== cookie) return false;
  return tuple !== undefined && row.id.tuple !== undefined && fourTupleKey(row.id.tuple) === fourTupleKey(tuple);
}

/** ENOENT: no such four-tuple, or another cookie; ESTALE: another cookie, on some kernels. */
function isAbsence(errno: number): boolean {
  return errno === constants.errno.ENOENT || errno === constants.errno.ESTALE;
}
