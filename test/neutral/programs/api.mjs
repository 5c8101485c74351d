// A preload: the API of OpenTelemetry with a context manager of the application's own, and no SDK.
import { AsyncLocalStorage } from 'node:async_hooks';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';

const storage = new AsyncLocalStorage();

context.setGlobalContextManager({
  active: () => storage.getStore() ?? ROOT_CONTEXT,
  with: (active, act, receiver, ...args) => storage.run(active, () => Reflect.apply(act, receiver, args)),
  bind: (_active, target) => target,
  enable() {
    return this;
  },
  disable() {
    return this;
  },
});
