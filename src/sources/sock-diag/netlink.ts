import { SynfinError } from '../../errors.ts';

/**
 * ```c
 * struct nlmsghdr {          // include/uapi/linux/netlink.h; every number in the host's byte order
 *   __u32 nlmsg_len;         //  0  header included, padding to the next multiple of four not
 *   __u16 nlmsg_type;        //  4  below 16: control messages, the same for every protocol
 *   __u16 nlmsg_flags;       //  6
 *   __u32 nlmsg_seq;         //  8  an answer repeats the request's
 *   __u32 nlmsg_pid;         // 12  port of the sender, 0 for the kernel
 * };
 * ```
 */
export const headerSize = 16;

/** Flags of a request; a dump is NLM_F_ROOT | NLM_F_MATCH. */
export const requestFlags = { one: 0x001, dump: 0x301 } as const;

const messageType = { error: 2, done: 3, overrun: 4, firstOfProtocol: 16 } as const;

/** NLM_F_DUMP_INTR: what is dumped has changed meanwhile; something may be missing, or there twice. */
const dumpInterrupted = 0x10;

/** Takes a message of the protocol: its payload lies from `start` to `end` in the walked buffer. */
export type Visit = (type: number, start: number, end: number) => void;

/** How the messages of one buffer ended. */
export type Walked =
  /** The answer goes on in the next buffer. */
  | { readonly kind: 'more'; readonly interrupted: boolean }
  /** NLMSG_DONE: the dump is over; errno 0 is success. */
  | { readonly kind: 'done'; readonly interrupted: boolean; readonly errno: number }
  /** NLMSG_ERROR: the request was refused with that errno, or acknowledged with 0. */
  | { readonly kind: 'error'; readonly interrupted: boolean; readonly errno: number }
  | { readonly kind: 'malformed'; readonly interrupted: boolean; readonly error: SynfinError };

/** A request to the kernel: one header with its payload. */
export function buildRequest(type: number, flags: number, sequence: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headerSize + align(payload.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, headerSize + payload.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  bytes.set(payload, headerSize);
  return bytes;
}

/**
 * Visits the answers to the request with this sequence number, in a buffer as recv(2) filled it up to `length`. Any
 * bytes whatever come to an end: each step goes on by at least a header.
 */
export function walkMessages(buffer: DataView, length: number, sequence: number, visit: Visit): Walked {
  let interrupted = false;
  for (let at = 0; at < length; ) {
    if (length - at < headerSize) return malformed(interrupted, at, `${length - at} bytes are no header`);
    const size = buffer.getUint32(at, true);
    if (size < headerSize) return malformed(interrupted, at, `nlmsg_len is ${size}, less than its header`);
    if (size > length - at)
      return malformed(interrupted, at, `nlmsg_len is ${size}, but ${length - at} bytes are left`);
    const type = buffer.getUint16(at + 4, true);
    const start = at + headerSize;
    const end = at + size;
    at += align(size);
    if (buffer.getUint32(start - 8, true) !== sequence) continue;
    if ((buffer.getUint16(start - 10, true) & dumpInterrupted) !== 0) interrupted = true;
    if (type >= messageType.firstOfProtocol) visit(type, start, end);
    else if (type === messageType.overrun) interrupted = true;
    else if (type === messageType.done || type === messageType.error) {
      // Both begin with an int: the dump's result, and nlmsgerr.error; 0 or -errno.
      if (end - start < 4) return malformed(interrupted, start, `type ${type} without its error code`);
      const errno = Math.abs(buffer.getInt32(start, true));
      return { kind: type === messageType.done ? 'done' : 'error', interrupted, errno };
    }
  }
  return { kind: 'more', interrupted };
}

/** NLMSG_ALIGN and NLA_ALIGN: `(((len)+4U-1) & ~(4U-1))`, without the wrap to a negative number. */
export function align(size: number): number {
  return Math.ceil(size / 4) * 4;
}

function malformed(interrupted: boolean, at: number, why: string): Walked {
  const error = new SynfinError('SYNFIN_BAD_MESSAGE', `parsing netlink messages: at byte ${at}, ${why}`);
  return { kind: 'malformed', interrupted, error };
}
