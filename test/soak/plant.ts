import { faults } from './all-faults.ts';
import type { Flood, Visit } from './fault.ts';
import type { PeerPorts } from './peer.ts';

/** Makes the service do what it should not. */
export async function plant(given: { name: string; peer: PeerPorts }): Promise<Visit | Flood | undefined> {
  const fault = faults[given.name];
  if (fault === undefined) throw new Error(`no fault is called ${given.name}`);
  return fault.plant(given.peer);
}
