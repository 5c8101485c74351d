import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Row } from '../src/connection/observation.ts';
import { now } from '../src/monotonic.ts';
import { NetSource } from '../src/sources/net/net-source.ts';
import { type Claims, Threads } from '../src/sources/net/thread-claims.ts';
import { Slices } from '../src/sources/slices.ts';
import { Strangers } from '../src/strangers.ts';
import { inodeFrom } from '../src/tcp/identity.ts';
import { row } from './connection/observations.ts';
import { stayAlive } from './stay-alive.ts';

/** Without agent: it has seen no socket. */
const net = new NetSource({
  now,
  captureContext: () => undefined,
  kernel: () => undefined,
  fault: (_: string, error: unknown) => assert.fail(String(error)),
} as never);

/** The threads, which answer as they are told. */
class Answering extends Threads {
  claims: Claims = { theirs: new Set(), whole: true };

  override ask = async () => this.claims;
}

describe('whose a stranger is', { skip: process.platform === 'win32' && 'needs symbolic links' }, () => {
  stayAlive();
  const descriptors = 40;
  let procRoot: string;

  before(() => {
    procRoot = mkdtempSync(join(tmpdir(), 'synfin-strangers-'));
    mkdirSync(join(procRoot, 'self', 'fd'), { recursive: true });
    for (let fd = 0; fd < descriptors; fd++) symlinkSync(`socket:[${500 + fd}]`, join(procRoot, 'self/fd', `${fd}`));
  });
  after(() => rmSync(procRoot, { recursive: true }));

  const stranger = (inode: number): Row => row({ inode: inodeFrom(inode) }, 20, 'close_wait');

  function strangers() {
    const adopted: unknown[] = [];
    const rejected: unknown[] = [];
    const threads = new Answering(assert.fail);
    let charged = 0;
    const spent = (us: number) => {
      charged += us;
    };
    const one = new Strangers({
      net,
      threads,
      procRoot,
      adoptDescriptors: true,
      report: (said) => said.kind === 'socket_event' && said.event === 'adopted' && adopted.push(said.id.inode),
      settle: async () => {},
      spent,
      isKnown: ({ id }) => adopted.includes(id.inode),
      placeUnaccepted: async () => {},
      reject: ({ id }) => void rejected.push(id.inode),
    });
    const look = (...inodes: number[]) => one.place(inodes.map(stranger), new Slices(now));
    return { adopted, rejected, threads, look, charged: () => charged };
  }

  it('no descriptor of this process → another one’s', async () => {
    const { adopted, rejected, look } = strangers();
    await look(499);
    assert.deepEqual([adopted, rejected], [[], [499]]);
  });

  it('a descriptor of a thread that claims it → that thread tells of it', async () => {
    const { adopted, rejected, threads, look } = strangers();
    threads.claims = { theirs: new Set([7]), whole: false };
    await look(507);
    assert.deepEqual([adopted, rejected], [[], [507]]);
  });

  it('a descriptor that no thread claims, and all have answered → it has no JavaScript socket', async () => {
    const { adopted, rejected, look } = strangers();
    await look(507);
    assert.deepEqual([adopted, rejected], [[507], []]);
  });

  it('a thread did not answer → asked about again at the next look', async () => {
    const { adopted, rejected, threads, look } = strangers();
    threads.claims = { theirs: new Set(), whole: false };
    await look(507);
    assert.deepEqual([adopted, rejected], [[], []]);
    threads.claims = { theirs: new Set([7]), whole: true };
    await look(507);
    assert.deepEqual([adopted, rejected], [[], [507]]);
  });

  it('a thread that lives and is silent for however long → nothing is said of what may be its', async () => {
    const { adopted, rejected, threads, look } = strangers();
    threads.claims = { theirs: new Set(), whole: false };
    for (let n = 0; n < 20; n++) await look(507, 508);
    assert.deepEqual([adopted, rejected], [[], []]);
  });

  it('to read the links of all descriptors is paid for; where nobody is a stranger, none is read', async () => {
    const { look, charged } = strangers();
    await look();
    assert.equal(charged(), 0);
    await look(507);
    assert.equal(charged(), descriptors * 10);
  });

  it('to look among the active handles is paid for', async () => {
    const slices = new Slices(now);
    await net.adoptActive(() => {}, slices);
    slices.end();
    assert.ok(slices.spentUs > 0);
  });
});
