import { createHmac, randomBytes } from 'node:crypto';
import type { Keyed } from '../recording/pseudonyms.ts';

/** HMAC-SHA256 with a key that is made here, kept in memory only, and gone with the process. */
export function keyedHash(): Keyed {
  const key = randomBytes(32);
  return (text) => createHmac('sha256', key).update(text).digest();
}
