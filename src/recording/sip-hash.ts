/** Four 32-bit words, the lower half of each half first, as the paper reads a key of 16 bytes. */
export type SipKey = readonly [number, number, number, number];

export function sipKey(bytes: Uint8Array): SipKey {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return [view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true), view.getUint32(12, true)];
}

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) of a message of at most seven bytes: who has not the key cannot tell what
 * it gives from chance. `low` and `high` hold the message, its first byte lowest. The lower 32 bits of 64. Plain
 * numbers, as halves: this is asked ten times for every address.
 */
export function sipHash([k0, k1, k2, k3]: SipKey, low: number, high: number, length: number): number {
  const last = high | (length << 24);
  let [al, ah, bl, bh] = [k0 ^ 0x70736575, k1 ^ 0x736f6d65, k2 ^ 0x6e646f6d, k3 ^ 0x646f7261];
  let [cl, ch, dl, dh] = [k0 ^ 0x6e657261, k1 ^ 0x6c796765, k2 ^ 0x79746573, k3 ^ 0x74656462];
  dl ^= low;
  dh ^= last;
  for (let round = 0; round < 6; round++) {
    if (round === 2) {
      al ^= low;
      ah ^= last;
      cl ^= 0xff;
    }
    let sum = (al >>> 0) + (bl >>> 0);
    ah = (ah + bh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
    al = sum | 0;
    let turned = (bl << 13) | (bh >>> 19);
    bh = ((bh << 13) | (bl >>> 19)) ^ ah;
    bl = turned ^ al;
    turned = al;
    al = ah;
    ah = turned;

    sum = (cl >>> 0) + (dl >>> 0);
    ch = (ch + dh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
    cl = sum | 0;
    turned = (dl << 16) | (dh >>> 16);
    dh = ((dh << 16) | (dl >>> 16)) ^ ch;
    dl = turned ^ cl;

    sum = (al >>> 0) + (dl >>> 0);
    ah = (ah + dh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
    al = sum | 0;
    turned = (dl << 21) | (dh >>> 11);
    dh = ((dh << 21) | (dl >>> 11)) ^ ah;
    dl = turned ^ al;

    sum = (cl >>> 0) + (bl >>> 0);
    ch = (ch + bh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
    cl = sum | 0;
    turned = (bl << 17) | (bh >>> 15);
    bh = ((bh << 17) | (bl >>> 15)) ^ ch;
    bl = turned ^ cl;
    turned = cl;
    cl = ch;
    ch = turned;
  }
  return (al ^ bl ^ cl ^ dl) >>> 0;
}
