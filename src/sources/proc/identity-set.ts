import { fourTupleKey } from '../../tcp/endpoint.ts';
import type { SocketIdentity } from '../../tcp/identity.ts';
import type { Slices } from '../slices.ts';
import type { TcpLine } from './proc-net-tcp.ts';

/** Sockets that are looked for among the lines of a table: nearly all are passed by at the price of a number's look-up. */
export class IdentitySet {
  readonly #inodes = new Set<number>();
  readonly #ports = new Set<number>();
  readonly #fourTuples = new Set<string>();

  /** `slices` has begun; it goes on when this is over. */
  static async of(sockets: Iterable<{ readonly id: SocketIdentity }>, slices: Slices): Promise<IdentitySet> {
    const set = new IdentitySet();
    for (const { id } of [...sockets]) {
      if (slices.isOver()) await slices.rest();
      set.#add(id);
    }
    return set;
  }

  has(line: TcpLine): boolean {
    if (this.#inodes.has(line.inode)) return true;
    if (!this.#ports.has(portsOf(line.localPort, line.peerPort))) return false;
    return this.#fourTuples.has(fourTupleKey(line.fourTuple));
  }

  #add({ inode, tuple }: SocketIdentity): void {
    if (inode !== undefined) this.#inodes.add(inode);
    if (tuple === undefined) return;
    this.#ports.add(portsOf(tuple.local.port, tuple.peer.port));
    this.#fourTuples.add(fourTupleKey(tuple));
  }
}

function portsOf(local: number, peer: number): number {
  return local * 65_536 + peer;
}
