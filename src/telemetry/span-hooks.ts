import type { Attributes, Span } from '@opentelemetry/api';
import type { Lifecycle } from '../connection/lifecycle.ts';
import { type ConnectionView, viewOf } from '../connection/view.ts';
import type { Instant } from '../tcp/identity.ts';
import type { spanName } from './semconv.ts';

export type SpanName = (typeof spanName)[keyof typeof spanName];

/** What a hook is told: the connection as it is known at that moment, and which of its two spans it is about. */
export type ConnectionInfo = ConnectionView & { readonly span: SpanName };

/**
 * The application's say in what is told. Each is called outside of the application's requests, and what it throws is
 * counted, told once and contained.
 */
export interface SpanHooks {
  /**
   * Only connections whose connect() was called under a span are told. An accepted connection never has one, and is not
   * told either. Default: false.
   */
  requireParentSpan?: boolean | undefined;
  /** Asked once for each connection, before its first span: true means that neither span is told. */
  ignoreConnectionHook?: ((info: ConnectionInfo) => boolean) | undefined;
  /** Attributes that a span starts with, so that a sampler sees them. Called for each of the two spans. */
  startSpanHook?: ((info: ConnectionInfo) => Attributes) | undefined;
  /** Called with each span just before it ends. */
  connectionHook?: ((span: Span, info: ConnectionInfo) => void) | undefined;
}

/** What a hook of each name must be; the names are the ones that `SynfinInstrumentation` takes besides the options. */
export const hookTypes: Readonly<Record<keyof SpanHooks, 'boolean' | 'function'>> = {
  requireParentSpan: 'boolean',
  ignoreConnectionHook: 'function',
  startSpanHook: 'function',
  connectionHook: 'function',
};

/** Calls the hooks so that nothing that they do comes back to whoever closes a socket. */
export class GuardedHooks {
  readonly #hooks: SpanHooks;
  readonly #fault: (where: string, error: unknown) => void;
  /** What was said of each connection. */
  readonly #ignored = new WeakMap<Lifecycle, boolean>();

  constructor(hooks: SpanHooks, fault: (where: string, error: unknown) => void) {
    this.#hooks = hooks;
    this.#fault = fault;
  }

  get requireParentSpan(): boolean {
    return this.#hooks.requireParentSpan === true;
  }

  /** Somebody wants to be asked, or to add something. */
  get any(): boolean {
    return Object.values(this.#hooks).some((hook) => hook !== undefined && hook !== false);
  }

  ignores(connection: Lifecycle, span: SpanName, at: Instant): boolean {
    const { ignoreConnectionHook } = this.#hooks;
    if (ignoreConnectionHook === undefined) return false;
    let ignored = this.#ignored.get(connection);
    if (ignored === undefined) {
      ignored =
        this.#guarded('ignoreConnectionHook', () => ignoreConnectionHook(infoOf(connection, span, at))) === true;
      this.#ignored.set(connection, ignored);
    }
    return ignored;
  }

  attributes(connection: Lifecycle, span: SpanName, at: Instant): Attributes | undefined {
    const { startSpanHook } = this.#hooks;
    if (startSpanHook === undefined) return undefined;
    // Read here, where it may fail.
    return this.#guarded('startSpanHook', () => ({ ...startSpanHook(infoOf(connection, span, at)) }));
  }

  ending(span: Span, connection: Lifecycle, name: SpanName, at: Instant): void {
    const { connectionHook } = this.#hooks;
    if (connectionHook) this.#guarded('connectionHook', () => connectionHook(span, infoOf(connection, name, at)));
  }

  #guarded<Result>(name: keyof SpanHooks, call: () => Result): Result | undefined {
    try {
      const result = call();
      // An async function that fails would end the process as an unhandled rejection.
      if (isThenable(result)) Promise.resolve(result).catch((error) => this.#fault(name, error));
      return result;
    } catch (error) {
      this.#fault(name, error);
      return undefined;
    }
  }
}

/** Also a promise of another realm. */
function isThenable(result: unknown): result is PromiseLike<unknown> {
  return typeof result === 'object' && result !== null && typeof Reflect.get(result, 'then') === 'function';
}

function infoOf(connection: Lifecycle, span: SpanName, at: Instant): ConnectionInfo {
  return Object.assign(viewOf(connection, at), { span });
}
