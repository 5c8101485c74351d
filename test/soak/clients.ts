// Everybody who uses the service: patient and impatient, polite and rude, fast and slow.
import { answering } from './answering.ts';
import { abortingClients } from './clients/aborts.ts';
import { lastingClients } from './clients/lasting.ts';
import { requestingClients } from './clients/requests.ts';
import { slowClients } from './clients/slow.ts';
import type { ServicePorts } from './service.ts';

/** What there is to be driven. */
export interface Driven {
  readonly service: ServicePorts;
  readonly cluster: number | undefined;
}

function drive(driven: Driven): void {
  requestingClients(driven);
  lastingClients(driven.service);
  slowClients(driven.service);
  abortingClients(driven.service);
}

await answering({ drive });
