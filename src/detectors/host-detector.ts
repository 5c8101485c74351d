import type { HostLook } from '../connection/host-facts.ts';
import type { Instant } from '../tcp/identity.ts';
import type { Case } from './case.ts';

/**
 * Looks at what is known around the connections for one kind of trouble. Keeps what it has to remember from look to
 * look, bounded. Pure: everything it may know is in the look, and the time is an argument.
 */
export interface HostDetector {
  examine(look: HostLook, at: Instant): readonly Case[];
}
