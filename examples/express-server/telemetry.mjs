// OpenTelemetry as any service has it, configured by the usual OTEL_* variables alone, and synfin beside it. The order
// of the imports does not matter to synfin: it wraps what all of Node's sockets share, and needs only to be there before
// the first of them.

import { NodeSDK } from '@opentelemetry/sdk-node';
import { SynfinInstrumentation, start } from 'synfin';

// SYNFIN_* variables set what is not given here. Your own list has the HTTP and Express instrumentations too.
export const sdk = new NodeSDK({ instrumentations: [new SynfinInstrumentation()] });
sdk.start();

// The instrumentation has started it already: start() only hands over the agent that runs.
export const agent = start();
