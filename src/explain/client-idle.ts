/** A server that closes sooner than this, in milliseconds, does not keep connections in earnest. */
export const shortestIdleMs = 1000;

/** The idle timeout of a server that nobody has told anything else: `keepAliveTimeout` of Node's, in milliseconds. */
const usualIdleMs = 5000;

/**
 * For how many milliseconds a client should keep an idle connection to a server that closes it after `peer` of them: a
 * second less, for the way and a busy event loop; of short ones, a fifth.
 */
export function clientIdleMs(peer: number = usualIdleMs): number {
  return Math.round((peer >= usualIdleMs ? peer - 1000 : peer * 0.8) / 100) * 100;
}
