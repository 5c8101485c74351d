import type { KernelSockets } from '../../ffi/kernel-sockets.ts';
import type { Instant } from '../../tcp/identity.ts';
import type { Report } from '../source.ts';
import type { Audience } from './audience.ts';
import type { CallSites } from './call-site.ts';
import type { Measures } from './measures.ts';
import type { PortFailures } from './port-failures.ts';
import type { Requests } from './requests.ts';

/** What the hook is handed by whoever runs it. */
export interface HookPorts {
  readonly report: Report;
  readonly now: () => Instant;
  /** The telemetry context of the caller, and whether tracing is suppressed in it. */
  readonly captureContext: () => { readonly context: unknown; readonly suppressed: boolean };
  /** What the kernel tells of a descriptor, where this host lets us ask. */
  readonly kernel: () => KernelSockets | undefined;
  readonly sites: CallSites;
  readonly requests: Requests;
  readonly portFailures: PortFailures;
  readonly audience: Audience;
  readonly measures: Measures;
  /** The application has begun to use sockets: a server listens, or a connection came or goes. */
  readonly wake: () => void;
  /** An error of ours: never the application's business. */
  readonly fault: (where: string, error: unknown) => void;
}
