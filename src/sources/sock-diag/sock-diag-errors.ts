import { SynfinError } from '../../errors.ts';
import { errnoName, type Libc } from '../../ffi/libc.ts';

/** The descriptor of a netlink socket, or why there is none. */
export function openSockDiag(libc: Libc): number | SynfinError {
  try {
    return libc.openSockDiag();
  } catch (error) {
    if (error instanceof SynfinError) return error;
    throw error;
  }
}

/** The kernel answered, and said no. */
export function refused(what: string, errno: number): SynfinError {
  return failed(`sock_diag ${what}`, `the kernel answered ${errnoName(errno)}`);
}

export function failed(attempt: string, why: string): SynfinError {
  return new SynfinError('SYNFIN_SOURCE_FAILED', `${attempt}: ${why}`);
}
