import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The bytes of test/fixtures/sock-diag/NAME.hex: two digits each, a comment from `#` to the end of the line. */
export function hexFixture(name: string): DataView {
  return hex(readFileSync(resolve('test/fixtures/sock-diag', `${name}.hex`), 'utf8'));
}

export function hex(text: string): DataView {
  const digits = text.replaceAll(/#.*$/gm, '').replaceAll(/\s+/g, '');
  return new DataView(Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)).buffer);
}

/** Every real capture, for properties. */
export const captures = [
  'close-wait-ipv4-mapped',
  'dump-of-nothing',
  'established-ipv4-with-info',
  'established-ipv6',
  'fin-wait-2-minisock',
  'listen-ipv4',
  'look-up-answered-with-listen',
  'look-up-enoent',
  'time-wait-ipv4',
] as const;
