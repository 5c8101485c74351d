import { type SipKey, sipHash } from './sip-hash.ts';

/** As many as format-preserving encryption takes for halves this small (NIST SP 800-38G, FF1). */
const rounds = 10;

/**
 * A 32-bit number for a 32-bit number, no two the same: a Feistel network, whose every round can be undone by whoever
 * has the key of 16 bytes.
 */
export function permuted(number: number, key: SipKey): number {
  let left = number >>> 16;
  let right = number & 0xffff;
  for (let round = 0; round < rounds; round++) {
    const mixed = left ^ (sipHash(key, (round << 16) | right, 0, 3) & 0xffff);
    left = right;
    right = mixed;
  }
  return ((left << 16) | right) >>> 0;
}
