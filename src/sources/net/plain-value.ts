import { isProxy } from 'node:util/types';

/** What a property holds. Nobody notices that it was read: an accessor or a proxy is not asked, and gives undefined. */
export function plainValue(object: unknown, name: string): unknown {
  for (let at = object; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at)) {
    if (isProxy(at)) return undefined;
    const own = Object.getOwnPropertyDescriptor(at, name);
    if (own) return own.value;
  }
  return undefined;
}
