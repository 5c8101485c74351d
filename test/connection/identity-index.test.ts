import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IdentityIndex } from '../../src/connection/identity-index.ts';
import { type Lifecycle, newLifecycle } from '../../src/connection/lifecycle.ts';
import type { SocketIdentity } from '../../src/tcp/identity.ts';
import { seconds, socketId } from './observations.ts';

const [one, two] = [socketId(1), socketId(2)];

function connection(id: SocketIdentity): Lifecycle {
  return newLifecycle(1, id, seconds(10), 'userland', 'established');
}

/** The owner keeps the set of all; a connection leaves it before it leaves the index. */
function indexOf(...connections: Lifecycle[]) {
  const all = new Set(connections);
  const index = new IdentityIndex(all);
  for (const each of connections) index.add(each);
  return {
    find: (id: SocketIdentity) => index.find(id),
    releaseInode: (gone: Lifecycle) => index.releaseInode(gone),
    remove(gone: Lifecycle) {
      all.delete(gone);
      index.remove(gone);
    },
  };
}

describe('found by cookie, then inode, then four-tuple', () => {
  const known = connection(one);
  const index = indexOf(known, connection(two));
  for (const name of ['cookie', 'inode', 'tuple'] as const)
    it(`by ${name} alone`, () => assert.equal(index.find({ [name]: one[name] }), known));

  it('the cookie decides against inode and four-tuple', () => {
    assert.equal(index.find({ cookie: one.cookie, inode: two.inode, tuple: two.tuple }), known);
  });

  it('the inode decides against the four-tuple', () => {
    assert.equal(index.find({ inode: one.inode, tuple: two.tuple }), known);
  });

  it('the weaker names of those that came before anybody asked by one', () => {
    const late = indexOf(known);
    assert.equal(late.find({ cookie: socketId(3).cookie, tuple: one.tuple }), undefined);
    assert.equal(late.find({ tuple: one.tuple }), known);
  });

  it('no name, or one that nobody has → undefined', () => {
    assert.equal(index.find({}), undefined);
    assert.equal(index.find(socketId(3)), undefined);
  });
});

describe('a weaker name is not believed against a stronger one', () => {
  it('the same inode and another cookie → not this one', () => {
    assert.equal(indexOf(connection(one)).find({ ...one, cookie: two.cookie }), undefined);
  });

  it('the same four-tuple and another inode → not this one', () => {
    assert.equal(
      indexOf(connection({ inode: one.inode, tuple: one.tuple })).find({ ...two, tuple: one.tuple }),
      undefined,
    );
  });

  it('the same four-tuple and another cookie → not this one', () => {
    assert.equal(indexOf(connection(one)).find({ cookie: two.cookie, tuple: one.tuple }), undefined);
  });

  it('an unknown cookie contradicts nothing: the inode, else the four-tuple, decides', () => {
    const known = connection({ inode: one.inode, tuple: one.tuple });
    const index = indexOf(known);
    assert.equal(index.find({ cookie: two.cookie, inode: one.inode }), known);
    assert.equal(index.find({ cookie: two.cookie, tuple: one.tuple }), known);
  });

  it('the inode of one that its cookie rules out, the four-tuple of another that nothing rules out → the other', () => {
    const other = connection({ tuple: two.tuple });
    const index = indexOf(connection({ cookie: one.cookie, inode: one.inode }), other);
    assert.equal(index.find({ cookie: two.cookie, inode: one.inode, tuple: two.tuple }), other);
  });
});

describe('names come back', () => {
  const earlier = connection({ inode: one.inode, tuple: one.tuple });
  const later = connection({ inode: one.inode, tuple: two.tuple });

  it('the later connection has the name', () => {
    assert.equal(indexOf(earlier, later).find({ inode: one.inode }), later);
  });

  it('removing the earlier one leaves it to the later one', () => {
    const index = indexOf(earlier, later);
    index.remove(earlier);
    assert.equal(index.find({ inode: one.inode }), later);
    assert.equal(index.find({ tuple: one.tuple }), undefined);
  });

  it('closing a descriptor frees its inode; the four-tuple lives on', () => {
    const index = indexOf(earlier);
    assert.equal(index.find({ inode: one.inode }), earlier);
    index.releaseInode(earlier);
    assert.equal(index.find({ inode: one.inode }), undefined);
    assert.equal(index.find({ tuple: one.tuple }), earlier);
  });

  it('removed → nothing is left', () => {
    const known = connection(one);
    const index = indexOf(known);
    index.remove(known);
    for (const name of ['cookie', 'inode', 'tuple'] as const)
      assert.equal(index.find({ [name]: one[name] }), undefined);
  });
});
