/** As many as format-preserving encryption takes for halves this small (NIST SP 800-38G, FF1). */
const rounds = 10;

/**
 * A 32-bit number for a 32-bit number, no two the same: a Feistel network, whose every round can be undone by whoever
 * has the key, whatever `keyed` gives.
 */
export function permuted(number: number, keyed: (text: string) => Uint8Array): number {
  let left = number >>> 16;
  let right = number & 0xffff;
  for (let round = 0; round < rounds; round++) {
    const [high = 0, low = 0] = keyed(`ipv4 ${round} ${right}`);
    [left, right] = [right, left ^ ((high << 8) | low)];
  }
  return ((left << 16) | right) >>> 0;
}
