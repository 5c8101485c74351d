import { after, before } from 'node:test';

/** Keeps the process alive while a suite runs: what rests between two slices does not do that itself. */
export function stayAlive(): void {
  let alive: NodeJS.Timeout | undefined;
  before(() => {
    alive = setInterval(() => {}, 1000);
  });
  after(() => clearInterval(alive));
}
