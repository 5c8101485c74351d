/** Node's TCPConnectWrap (src/connect_wrap.cc). */
export interface ConnectRequest {
  oncomplete?: unknown;
  /** What the handle was bound to before, where the application asked for it. */
  readonly localAddress?: unknown;
  readonly localPort?: unknown;
}

/** False when the request is not done. */
type Complete = (outcome: number | undefined) => boolean;

/**
 * Calls back when a connect request is done: with its status, or with undefined where it shows only in the socket. Node
 * reads the callback from the request when it is done, and that is noticed: a listener would be the application's to
 * see, and a function around Node's own would stand in the stack of each error that is made in it. Returns false where
 * that cannot be noticed.
 */
export function awaitCompletion(
  request: ConnectRequest,
  complete: Complete,
  fault: (where: string, error: unknown) => void,
): boolean {
  const before = Object.getOwnPropertyDescriptor(request, 'oncomplete');
  const original: unknown = before?.value;
  if (typeof original !== 'function' || !before?.configurable) return false;
  const put = (value: unknown) => void Object.defineProperty(request, 'oncomplete', { ...before, value });
  function guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      fault('oncomplete', error);
    }
  }
  function oncomplete(this: unknown, ...args: unknown[]): unknown {
    guarded(() => {
      put(original);
      complete(Number(args[0]));
    });
    return Reflect.apply(original as (...args: unknown[]) => unknown, this, args);
  }
  Object.defineProperty(request, 'oncomplete', {
    configurable: true,
    enumerable: before.enumerable === true,
    set: put,
    get() {
      let callback: unknown = original;
      guarded(() => {
        // lib/net.js, internalConnectMultiple: one attempt of several may fail and the socket live on.
        if (original.name !== 'afterConnect') callback = oncomplete;
        else if (complete(undefined)) put(original);
      });
      return callback;
    },
  });
  return true;
}
