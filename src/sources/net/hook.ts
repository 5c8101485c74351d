import net, { type Server, type Socket } from 'node:net';
import { listenTo } from './channel.ts';
import { awaitCompletion, type ConnectRequest } from './completion.ts';
import type { HookPorts } from './hook-ports.ts';
import type { SocketLife } from './socket-life.ts';
import { type TcpHandle, tcpHandlePrototype } from './tcp-handle.ts';
import { wrapMethod } from './wrap.ts';

/** Node's, whatever the application may put in its place. */
const NodeSocket = net.Socket;

/**
 * Watches the sockets of this process from inside: diagnostics channels, plain wraps of `net.Socket.prototype` and of
 * the TCP handle's `connect`, and the completion callback of each connect request. Adds no listener to any object of
 * the application and no property to its sockets. Returns what undoes it all.
 */
export function installHook(life: SocketLife, ports: HookPorts): () => void {
  const hook = new Hook(life, ports);
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

  /** Each wrap guards itself, without a function made for it: some thousands of calls a second go through here. */
  #wrapSocket(): void {
    const life = this.#life;
    const { fault } = this.#ports;
    const { prototype } = NodeSocket;
    this.#undo.push(
      wrapMethod(prototype, 'connect', (original, active) => {
        function connect(this: unknown, ...args: unknown[]): unknown {
          try {
            if (active() && this instanceof NodeSocket) life.calling(this, args, connect);
          } catch (error) {
            fault('connect', error);
          }
          return apply(original, this, args);
        }
        return connect;
      }),
      // Node calls this for each socket that it makes and for each new handle of one (lib/net.js, initSocketHandle).
      // Where it stands, and not in front of it: that would be one property more.
      wrapMethod(ownerOf(prototype, '_undestroy'), '_undestroy', (original, active) => {
        const hook = this;
        return function _undestroy(this: unknown, ...args: unknown[]): unknown {
          try {
            if (active() && this instanceof NodeSocket) hook.#gotHandle(this);
          } catch (error) {
            fault('_undestroy', error);
          }
          return apply(original, this, args);
        };
      }),
      wrapMethod(prototype, '_final', (original, active) => {
        return function _final(this: unknown, ...args: unknown[]): unknown {
          try {
            if (active() && this instanceof NodeSocket) life.ending(this);
          } catch (error) {
            fault('_final', error);
          }
          return apply(original, this, args);
        };
      }),
      wrapMethod(prototype, '_destroy', (original, active) => {
        return function _destroy(this: unknown, ...args: unknown[]): unknown {
          try {
            if (active() && this instanceof NodeSocket) life.closing(this, args[0]);
          } catch (error) {
            fault('_destroy', error);
          }
          return apply(original, this, args);
        };
      }),
    );
  }

  /** The first TCP handle that is seen shows the prototype of them all; no other way to it is public. */
  #gotHandle(socket: Socket): void {
    this.#life.gotHandle(socket);
    const prototype = this.#nativeWrapped ? undefined : tcpHandlePrototype();
    if (prototype === undefined) return;
    this.#nativeWrapped = true;
    for (const method of ['connect', 'connect6']) this.#wrapNative(prototype, method);
  }

  #wrapNative(prototype: object, method: string): void {
    const life = this.#life;
    const { now, portFailures, fault } = this.#ports;
    this.#undo.push(
      wrapMethod(prototype, method, (original, active) => {
        // Like Node's own, no constructor: it has no prototype.
        return {
          connect(this: unknown, ...args: unknown[]): unknown {
            if (!active()) return apply(original, this, args);
            const at = now();
            const status = apply(original, this, args);
            try {
              portFailures.attempting(this as TcpHandle, args[0] as ConnectRequest);
              const entry = life.attempted(this as TcpHandle, args[1] as string, Number(args[2]), at, Number(status));
              const complete = (end: number | undefined) => !entry || !active() || life.completed(entry, end);
              if (entry) entry.awaited = awaitCompletion(args[0] as ConnectRequest, complete, fault);
            } catch (error) {
              fault(method, error);
            }
            return status;
          },
        }.connect;
      }),
    );
  }
}

/** The prototype that has a method of its own. */
function ownerOf(prototype: object, method: string): object {
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null)
    if (Object.hasOwn(at, method)) return at;
  return prototype;
}

const { apply } = Reflect;
