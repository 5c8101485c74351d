import { type FourTuple, fourTupleKey } from '../tcp/endpoint.ts';
import type { Inode, SocketCookie, SocketIdentity } from '../tcp/identity.ts';
import type { Lifecycle } from './lifecycle.ts';

/**
 * Which connection is this about: by cookie, then by inode, then by four-tuple. A weaker name is believed only where
 * the stronger ones do not contradict it, since inodes and four-tuples come back and cookies never do.
 *
 * As long as everybody speaks of cookies, the weaker names are not even indexed: that happens when somebody first asks
 * by one.
 */
export class IdentityIndex {
  readonly #all: ReadonlySet<Lifecycle>;
  readonly #byCookie = new Map<SocketCookie, Lifecycle>();
  #weak: { readonly byInode: Map<Inode, Lifecycle>; readonly byTuple: Map<string, Lifecycle> } | undefined;

  /** `all` is the set of the connections that are indexed, kept by the owner. */
  constructor(all: ReadonlySet<Lifecycle>) {
    this.#all = all;
  }

  find(id: SocketIdentity): Lifecycle | undefined {
    const byCookie = id.cookie === undefined ? undefined : this.#byCookie.get(id.cookie);
    if (byCookie) return byCookie;
    // Everything that is known has a cookie, and none has this one.
    if (id.cookie !== undefined && this.#byCookie.size === this.#all.size) return undefined;
    const { byInode, byTuple } = this.#weakNames();
    const sameInode = id.inode === undefined ? undefined : byInode.get(id.inode);
    if (sameInode && agree(sameInode.id.cookie, id.cookie)) return sameInode;
    const sameTuple = id.tuple === undefined ? undefined : byTuple.get(fourTupleKey(id.tuple));
    if (sameTuple && agree(sameTuple.id.cookie, id.cookie) && agree(sameTuple.id.inode, id.inode)) return sameTuple;
    return undefined;
  }

  /** Later connections take over a name that an earlier one had: the kernel gave it away again. */
  add(connection: Lifecycle): void {
    const { cookie } = connection.id;
    if (cookie !== undefined) this.#byCookie.set(cookie, connection);
    this.#addWeak(connection);
  }

  remove(connection: Lifecycle, id: SocketIdentity = connection.id): void {
    const { cookie, inode, tuple } = id;
    if (cookie !== undefined) removeOwn(this.#byCookie, cookie, connection);
    if (this.#weak && inode !== undefined) removeOwn(this.#weak.byInode, inode, connection);
    if (this.#weak && tuple !== undefined) removeOwn(this.#weak.byTuple, fourTupleKey(tuple), connection);
  }

  /** More has become known of it than the names that it had. */
  rename(connection: Lifecycle, before: SocketIdentity): void {
    if (connection.id === before) return;
    this.remove(connection, before);
    this.add(connection);
  }

  /** Who has this four-tuple, whatever its cookie: there is one at a time on the wire. */
  holderOf(tuple: FourTuple): Lifecycle | undefined {
    return this.#weakNames().byTuple.get(fourTupleKey(tuple));
  }

  /** Closing a descriptor frees its inode number for the next socket; cookie and four-tuple live on. */
  releaseInode(connection: Lifecycle): void {
    const { inode } = connection.id;
    if (this.#weak && inode !== undefined) removeOwn(this.#weak.byInode, inode, connection);
  }

  #weakNames() {
    if (this.#weak === undefined) {
      this.#weak = { byInode: new Map(), byTuple: new Map() };
      for (const connection of this.#all) this.#addWeak(connection);
    }
    return this.#weak;
  }

  #addWeak(connection: Lifecycle): void {
    if (this.#weak === undefined) return;
    const { inode, tuple } = connection.id;
    if (inode !== undefined && connection.phase !== 'released') this.#weak.byInode.set(inode, connection);
    if (tuple !== undefined) this.#weak.byTuple.set(fourTupleKey(tuple), connection);
  }
}

function agree<Name>(known: Name | undefined, said: Name | undefined): boolean {
  return known === undefined || said === undefined || known === said;
}

function removeOwn<Name>(index: Map<Name, Lifecycle>, name: Name, connection: Lifecycle): void {
  if (index.get(name) === connection) index.delete(name);
}
