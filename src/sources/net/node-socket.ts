import type { Server, Socket } from 'node:net';
import { plainValue } from './plain-value.ts';

export function serverOf(socket: Socket): Server | undefined {
  return (socket as { server?: Server | null }).server ?? undefined;
}

/** Not imported: on Node 22 and later an import of node:util runs a getter that opens the host's `process.stderr`. */
export function errorName(status: number): string {
  return process.getBuiltinModule('node:util').getSystemErrorName(status);
}

/** What connect(2) came to, when Node destroys a socket for it (lib/net.js, afterConnect). */
export function connectStatus(error: unknown): number | undefined {
  const errno = plainValue(error, 'syscall') === 'connect' ? plainValue(error, 'errno') : undefined;
  return Number.isSafeInteger(errno) && (errno as number) < 0 ? (errno as number) : undefined;
}

export function errorCode(error: unknown): string | undefined {
  const code = error === null || error === undefined ? undefined : plainValue(error, 'code');
  return typeof code === 'string' ? code : undefined;
}

export function wasReset(socket: Socket): boolean {
  return (socket as { resetAndClosing?: boolean }).resetAndClosing === true;
}

/** Of the addresses that Node tries one after the other (RFC 8305); set from the first attempt on. */
export function isOneOfSeveral(socket: Socket): boolean {
  return Array.isArray((socket as { autoSelectFamilyAttemptedAddresses?: unknown }).autoSelectFamilyAttemptedAddresses);
}
