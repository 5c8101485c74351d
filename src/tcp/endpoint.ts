/** One end of a connection. IPv4-mapped IPv6 addresses (RFC 4291, section 2.5.5.2) are folded to plain IPv4. */
export interface Endpoint {
  /** Textual address without brackets or zone, as `ss -n` prints it: `10.0.0.7`, `::1`. */
  readonly address: string;
  readonly port: number;
}

/** The pair of ends that names a connection on the wire (RFC 9293, section 3.1). `local` is this host's. */
export interface FourTuple {
  readonly local: Endpoint;
  readonly peer: Endpoint;
}

const mappedIPv4 = /^::ffff:(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i;

/** The address as people write it: an IPv4-mapped one as IPv4, a link-local one without its zone. */
export function foldMapped(address: string): string {
  if (!address.includes(':')) return address;
  return mappedIPv4.exec(address)?.[1] ?? address.split('%', 1)[0] ?? address;
}

export function endpoint(address: string, port: number): Endpoint {
  return { address: foldMapped(address), port };
}

/** `10.0.0.7:443`, `[::1]:443`. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** What `formatEndpoint` wrote, of an address or of a name; undefined for anything else. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const [, inBrackets, plain, port] = /^(?:\[([^[\]]*:[^[\]]*)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = inBrackets ?? plain;
  return address === undefined || Number(port) > 65_535 ? undefined : { address, port: Number(port) };
}

/** The value of OpenTelemetry's `network.type`. */
export function networkType(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** A text that two four-tuples share exactly when they name the same connection on the wire. */
export function fourTupleKey({ local, peer }: FourTuple): string {
  return `${local.address}|${local.port}|${peer.address}|${peer.port}`;
}

/** A number that stands for a four-tuple where a text would be dear: two share it once in 2^52, and never 0. */
export function fourTupleHash({ local, peer }: FourTuple): number {
  const high = mixed(mixed(mixed(0x811c9dc5, local.address), peer.address), '') ^ local.port;
  const low = mixed(mixed(0x01000193 ^ peer.port, peer.address), local.address) ^ Math.imul(local.port, 0x9e3779b1);
  return (high & 0xf_ffff) * 0x1_0000_0000 + (low >>> 0) || 1;
}

/** FNV-1a. */
function mixed(hash: number, text: string): number {
  let mix = hash;
  for (let i = 0; i < text.length; i++) mix = Math.imul(mix ^ text.charCodeAt(i), 0x01000193);
  return Math.imul(mix ^ 0x7c, 0x01000193);
}

/** Sixteen or four raw bytes as textual address: RFC 5952 for IPv6, IPv4-mapped ones folded. */
export function addressFromBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (isMapped(bytes)) return bytes.subarray(12, 16).join('.');
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  const gap = longestZeroRun(groups);
  if (gap.length < 2) return groups.map(hex).join(':');
  const head = groups.slice(0, gap.start).map(hex).join(':');
  const tail = groups
    .slice(gap.start + gap.length)
    .map(hex)
    .join(':');
  return `${head}::${tail}`;
}

function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

function hex(group: number): string {
  return group.toString(16);
}
