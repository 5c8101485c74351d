import { fileURLToPath } from 'node:url';

/**
 * Where this package's program lies, with a separator at its end. The build puts all that is in src into few files: this
 * one stands where they do.
 */
export const ownDirectory = fileURLToPath(new URL('./', import.meta.url));
