import diagnosticsChannel from 'node:diagnostics_channel';

/** Listens to a diagnostics channel; an error of the listener goes to `fault`, not to whoever publishes. */
export function listenTo(
  name: string,
  fault: (where: string, error: unknown) => void,
  listener: (message: Record<string, unknown>) => void,
): () => void {
  const guarded = (message: unknown) => {
    try {
      listener(message as Record<string, unknown>);
    } catch (error) {
      fault(name, error);
    }
  };
  diagnosticsChannel.subscribe(name, guarded);
  return () => void diagnosticsChannel.unsubscribe(name, guarded);
}
