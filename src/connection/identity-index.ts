import { fourTupleKey } from '../tcp/endpoint.ts';
import type { Inode, SocketCookie, SocketIdentity } from '../tcp/identity.ts';
import type { Lifecycle } from './lifecycle.ts';

/**
 * Which connection is this about: by cookie, then by inode, then by four-tuple. A weaker name is believed only where
 * the stronger ones do not contradict it, since inodes and four-tuples come back and cookies never do.
 */
export class IdentityIndex {
  readonly #byCookie = new Map<SocketCookie, Lifecycle>();
  readonly #byInode = new Map<Inode, Lifecycle>();
  readonly #byTuple = new Map<string, Lifecycle>();

  find(id: SocketIdentity): Lifecycle | undefined {
    const byCookie = id.cookie === undefined ? undefined : this.#byCookie.get(id.cookie);
    if (byCookie) return byCookie;
    const byInode = id.inode === undefined ? undefined : this.#byInode.get(id.inode);
    if (byInode && agree(byInode.id.cookie, id.cookie)) return byInode;
    const byTuple = id.tuple === undefined ? undefined : this.#byTuple.get(fourTupleKey(id.tuple));
    if (byTuple && agree(byTuple.id.cookie, id.cookie) && agree(byTuple.id.inode, id.inode)) return byTuple;
    return undefined;
  }

  /** Later connections take over a name that an earlier one had: the kernel gave it away again. */
  add(connection: Lifecycle): void {
    const { cookie, inode, tuple } = connection.id;
    if (cookie !== undefined) this.#byCookie.set(cookie, connection);
    if (inode !== undefined) this.#byInode.set(inode, connection);
    if (tuple !== undefined) this.#byTuple.set(fourTupleKey(tuple), connection);
  }

  remove(connection: Lifecycle): void {
    const { cookie, inode, tuple } = connection.id;
    if (cookie !== undefined) removeOwn(this.#byCookie, cookie, connection);
    if (inode !== undefined) removeOwn(this.#byInode, inode, connection);
    if (tuple !== undefined) removeOwn(this.#byTuple, fourTupleKey(tuple), connection);
  }

  /** Closing a descriptor frees its inode number for the next socket; cookie and four-tuple live on. */
  releaseInode(connection: Lifecycle): void {
    if (connection.id.inode !== undefined) removeOwn(this.#byInode, connection.id.inode, connection);
  }
}

function agree<Name>(known: Name | undefined, said: Name | undefined): boolean {
  return known === undefined || said === undefined || known === said;
}

function removeOwn<Name>(index: Map<Name, Lifecycle>, name: Name, connection: Lifecycle): void {
  if (index.get(name) === connection) index.delete(name);
}
