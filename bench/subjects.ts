// All that the bench takes from synfin, in one place.
import { fileURLToPath } from 'node:url';

/** This package as it is published. */
export const register = inRoot('dist/register.js');

/** A compiled file of the bench. */
export function builtProgram(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** A file of the repository. */
export function inRoot(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
