/** The four or sixteen bytes of an address as text, its zone left out; undefined for what is none: a host name. */
export function addressBytes(text: string): Uint8Array | undefined {
  return text.includes(':') ? ipv6Bytes(text.split('%', 1)[0] ?? '') : ipv4Bytes(text);
}

const octet = /^(?:0|[1-9]\d{0,2})$/;

function ipv4Bytes(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  const isRight = parts.length === 4 && parts.every((part) => octet.test(part) && Number(part) <= 255);
  return isRight ? Uint8Array.from(parts, Number) : undefined;
}

/** RFC 4291, section 2.2: eight groups, one run of zeros as `::`, the last two groups perhaps as IPv4. */
function ipv6Bytes(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => groupBytes(half, index === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const given = head.length + (tail?.length ?? 0);
  if (halves.length === 1 ? given !== 16 : given > 14) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head);
  bytes.set(tail ?? [], 16 - (tail?.length ?? 0));
  return bytes;
}

function groupBytes(half: string, isLast: boolean): readonly number[] | undefined {
  if (half === '') return [];
  const groups = half.split(':');
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (isLast && index === groups.length - 1 && group.includes('.')) {
      const ipv4 = ipv4Bytes(group);
      if (ipv4 === undefined) return undefined;
      bytes.push(...ipv4);
    } else {
      if (!/^[\da-f]{1,4}$/i.test(group)) return undefined;
      const number = Number.parseInt(group, 16);
      bytes.push(number >> 8, number & 0xff);
    }
  }
  return bytes;
}
