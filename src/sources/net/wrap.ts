type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Puts a function in the place of a method, with the same name, length and property attributes. Plain on purpose: no
 * marker that another instrumentation could take for its own and remove. Returns what puts the method back; where
 * somebody has wrapped ours in between, it stays, and `active` tells it to do nothing. What cannot be replaced (a frozen
 * prototype, an accessor) is left alone.
 */
export function wrapMethod(
  target: object,
  key: string,
  wrapper: (original: AnyFunction, active: () => boolean) => AnyFunction,
): () => void {
  const before = Object.getOwnPropertyDescriptor(target, key);
  const original: unknown = Reflect.get(target, key);
  const fixed = before ? !before.configurable || !('value' in before) : !Object.isExtensible(target);
  if (typeof original !== 'function' || fixed) return () => {};
  let on = true;
  const wrapped = wrapper(original as AnyFunction, () => on);
  Object.defineProperty(wrapped, 'name', { value: original.name, configurable: true });
  Object.defineProperty(wrapped, 'length', { value: original.length, configurable: true });
  const attributes = before ?? { configurable: true, enumerable: true, writable: true };
  Object.defineProperty(target, key, { ...attributes, value: wrapped });
  return () => {
    on = false;
    if (Reflect.get(target, key) !== wrapped) return;
    if (before) Object.defineProperty(target, key, before);
    else Reflect.deleteProperty(target, key);
  };
}
