import { addressFromBytes } from '../tcp/endpoint.ts';
import { addressBytes } from './address-bytes.ts';
import { permuted } from './permutation.ts';
import { type SipKey, sipKey } from './sip-hash.ts';

/** HMAC or the like, with a key that nobody else has: at least 16 bytes that say nothing of the text. */
export type Keyed = (text: string) => Uint8Array;

/** So many are kept as they were last told; what is forgotten comes out the same. */
const mostKept = 10_000;

/** These name no host: this one, none, several, or whoever hears it (RFC 6890). */
const ownMeaning = (firstOctet: number) => firstOctet === 0 || firstOctet === 127 || firstOctet >= 224;

/**
 * Other names for what names somebody: the same for the same, as long as the key is. IPv4 addresses are permuted among
 * all those that name a host, so that no two become one; IPv6 addresses and names become 120 and 64 bits of a keyed hash.
 * Loopback and unspecified addresses, IPv4-mapped ones as such, and `localhost` keep their meaning.
 */
export class Pseudonyms {
  readonly #keyed: Keyed;
  readonly #kept = new Map<string, string>();

  readonly #key: SipKey;

  constructor(keyed: Keyed) {
    this.#keyed = keyed;
    this.#key = sipKey(keyed('key of the permutation'));
  }

  /** For an address or the name of a host: `93.12.201.7`, `fd1c:…`, `h0123456789abcdef.invalid`. */
  host(name: string): string {
    if (name === '' || name === 'localhost') return name;
    return this.#keep(`host ${name}`, () => {
      const bytes = addressBytes(name);
      if (bytes === undefined) return `h${this.#hash(`name ${name}`, 8)}.invalid`;
      return bytes.length === 4 ? this.#ipv4(bytes) : this.#ipv6(bytes);
    });
  }

  /** For a piece of a text that may name somebody: `~0123456789`. */
  word(text: string): string {
    return this.#keep(`word ${text}`, () => `~${this.#hash(`word ${text}`, 5)}`);
  }

  #ipv4(bytes: Uint8Array): string {
    if (ownMeaning(bytes[0] ?? 0)) return bytes.join('.');
    let number = new DataView(bytes.buffer).getUint32(0);
    // A permutation of all numbers, taken until it leads back among the hosts, is one of the hosts.
    do number = permuted(number, this.#key);
    while (ownMeaning(number >>> 24));
    return [number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff].join('.');
  }

  #ipv6(bytes: Uint8Array): string {
    const isLow = bytes.subarray(0, 15).every((byte) => byte === 0) && (bytes[15] ?? 0) <= 1;
    if (isLow) return addressFromBytes(bytes);
    const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
    if (isMapped) return `::ffff:${this.#ipv4(bytes.slice(12))}`;
    // RFC 4193: fd00::/8 is for local use, and no host on the Internet has such an address.
    return addressFromBytes(Uint8Array.of(0xfd, ...this.#keyed(`ipv6 ${bytes.join()}`).subarray(0, 15)));
  }

  #hash(text: string, length: number): string {
    return Array.from(this.#keyed(text).subarray(0, length), (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  #keep(key: string, make: () => string): string {
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    if (this.#kept.size >= mostKept) this.#kept.clear();
    const made = make();
    this.#kept.set(key, made);
    return made;
  }
}
