import { clearImmediate, clearTimeout, setImmediate, setTimeout } from 'node:timers';
/**
 * Resolves in a later turn of the event loop, so that the application's own work comes first: at the end of this turn
 * when the loop is busy, after a millisecond when it is idle. Neither keeps the process alive.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const immediate = setImmediate(turn).unref();
    const timer = setTimeout(turn, 1).unref();
    function turn(): void {
      clearImmediate(immediate);
      clearTimeout(timer);
      resolve();
    }
  });
}
