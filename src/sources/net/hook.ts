import net, { type Server, type Socket } from 'node:net';
import { listenTo } from './channel.ts';
import type { Registry } from './registry.ts';
import { type ConnectRequest, type HookPorts, SocketLife } from './socket-life.ts';
import { isConnected, type TcpHandle, tcpHandlePrototype } from './tcp-handle.ts';
import { wrapMethod } from './wrap.ts';

/** Node's, whatever the application may put in its place. */
const NodeSocket = net.Socket;

/**
 * Watches the sockets of this process from inside: diagnostics channels, plain wraps of `net.Socket.prototype` and of
 * the TCP handle's `connect`, and the completion callback of each connect request. Adds no listener to any object of
 * the application and no property to its sockets. Returns what undoes it all.
 */
export function installHook(registry: Registry, ports: HookPorts): () => void {
  const hook = new Hook(new SocketLife(registry, ports), ports);
  hook.install();
  return () => hook.uninstall();
}

class Hook {
  readonly #life: SocketLife;
  readonly #ports: HookPorts;
  readonly #undo: (() => void)[] = [];
  #nativeWrapped = false;

  constructor(life: SocketLife, ports: HookPorts) {
    this.#life = life;
    this.#ports = ports;
  }

  install(): void {
    const life = this.#life;
    const { fault } = this.#ports;
    this.#wrapSocket();
    this.#undo.push(
      listenTo('net.server.socket', fault, (message) => life.accepted(message.socket as Socket)),
      listenTo('tracing:net.server.listen:asyncStart', fault, function listening(message) {
        life.listening(message.server as Server, listening);
      }),
    );
  }

  uninstall(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  #wrapSocket(): void {
    const hook = this;
    const life = this.#life;
    const { prototype } = NodeSocket;
    this.#undo.push(
      wrapMethod(prototype, 'connect', (original, active) => {
        function connect(this: unknown, ...args: unknown[]): unknown {
          if (active()) hook.#guard('connect', () => isSocket(this) && life.calling(this, args, connect));
          return Reflect.apply(original, this, args);
        }
        return connect;
      }),
      // Node calls this for each socket that it makes and for each new handle of one (lib/net.js, initSocketHandle).
      // Where it stands, and not in front of it: that would be one property more.
      wrapMethod(ownerOf(prototype, '_undestroy'), '_undestroy', (original, active) => {
        return function _undestroy(this: unknown, ...args: unknown[]): unknown {
          if (active()) hook.#guard('_undestroy', () => isSocket(this) && hook.#gotHandle(this));
          return Reflect.apply(original, this, args);
        };
      }),
      wrapMethod(prototype, '_final', (original, active) => {
        return function _final(this: unknown, ...args: unknown[]): unknown {
          if (active()) hook.#guard('_final', () => isSocket(this) && life.ending(this));
          return Reflect.apply(original, this, args);
        };
      }),
      wrapMethod(prototype, '_destroy', (original, active) => {
        return function _destroy(this: unknown, ...args: unknown[]): unknown {
          if (active()) hook.#guard('_destroy', () => isSocket(this) && life.closing(this, args[0]));
          return Reflect.apply(original, this, args);
        };
      }),
    );
  }

  /** The first TCP handle that is seen shows the prototype of them all; no other way to it is public. */
  #gotHandle(socket: Socket): void {
    this.#life.gotHandle(socket);
    const prototype = tcpHandlePrototype();
    if (this.#nativeWrapped || prototype === undefined) return;
    this.#nativeWrapped = true;
    for (const method of ['connect', 'connect6']) this.#wrapNative(prototype, method);
  }

  #wrapNative(prototype: object, method: string): void {
    const hook = this;
    this.#undo.push(
      wrapMethod(prototype, method, (original, active) => {
        // Like Node's own, no constructor: it has no prototype.
        return {
          connect(this: unknown, ...args: unknown[]): unknown {
            if (!active()) return Reflect.apply(original, this, args);
            const at = hook.#ports.now();
            const status = Reflect.apply(original, this, args);
            hook.#guard(method, () => {
              const [request, address, port] = args as [ConnectRequest, string, number];
              const handle = this as TcpHandle;
              const completed = hook.#life.attempted(handle, address, Number(port), at, Number(status));
              if (completed) hook.#awaitCompletion(request, handle, completed);
            });
            return status;
          },
        }.connect;
      }),
    );
  }

  /**
   * Node reads the callback from the request when it is done, and that is noticed: a listener would be the
   * application's to see, and a function around Node's own would stand in the stack of each error that is made in it.
   * What the status is, Node alone is told: a connection shows, and a refusal comes with the socket's destruction.
   */
  #awaitCompletion(request: ConnectRequest, handle: TcpHandle, completed: (status: number | undefined) => void): void {
    const before = Object.getOwnPropertyDescriptor(request, 'oncomplete');
    const original: unknown = before?.value;
    if (typeof original !== 'function' || !before?.configurable) return;
    const put = (value: unknown) => void Object.defineProperty(request, 'oncomplete', { ...before, value });
    const hook = this;
    const around = function oncomplete(this: unknown, ...args: unknown[]): unknown {
      hook.#guard('oncomplete', () => completed(Number(args[0])));
      return Reflect.apply(original, this, args);
    };
    Object.defineProperty(request, 'oncomplete', {
      configurable: true,
      enumerable: before.enumerable === true,
      set: put,
      get() {
        let callback = original;
        hook.#guard('oncomplete', () => {
          put(original);
          // lib/net.js, internalConnectMultiple: one attempt of several may fail and the socket live on.
          if (isConnected(handle)) completed(0);
          else if (original.name === 'afterConnect') completed(undefined);
          else callback = around;
        });
        return callback;
      },
    });
  }

  #guard(where: string, act: () => unknown): void {
    try {
      act();
    } catch (error) {
      this.#ports.fault(where, error);
    }
  }
}

/** Methods may be called on anything, and that is none of our business. */
function isSocket(receiver: unknown): receiver is Socket {
  return receiver instanceof NodeSocket;
}

/** The prototype that has a method of its own. */
function ownerOf(prototype: object, method: string): object {
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null)
    if (Object.hasOwn(at, method)) return at;
  return prototype;
}
