// What the matrix runs on, under build/matrix: Node.js binaries, and applications that have synfin installed as a user
// would. A folder is made again only when what it was made of has changed.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const here = import.meta.dirname;
const root = resolve(here, '../..');
const home = join(root, 'build/matrix');

const pinned = read(join(here, 'nodes/package.json'));
const locked = read(join(here, 'nodes/package-lock.json'));

/** Majors of Node.js, oldest first. */
export const nodes = Object.keys(pinned.dependencies).map((alias) => alias.replace('node-', ''));

/** Lines of the SDK, oldest first. */
export const lines = readdirSync(here)
  .filter((name) => /^sdk-\d+$/.test(name))
  .map((name) => name.replace('sdk-', ''))
  .toSorted();

/** A Node.js of this major: the one that runs this, if it is one. */
export async function nodeBinary(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const alias = `node-${major}`;
  const folder = join(home, alias);
  // Of the four that are locked, the one that is asked for.
  const dependencies = { [alias]: pinned.dependencies[alias] };
  const path = `node_modules/${alias}`;
  const packages = { '': { dependencies }, [path]: locked.packages[path] };
  await made(folder, JSON.stringify(packages), async () => {
    write(join(folder, 'package.json'), { private: true, dependencies });
    write(join(folder, 'package-lock.json'), { ...locked, packages });
    await npm(folder, 'ci', '--ignore-scripts');
  });
  return join(folder, path, 'bin/node');
}

/** Packs synfin as it is published, and builds it and the suites before, unless that is done. */
export async function packed(isBuilt) {
  if (!isBuilt) for (const script of ['build', 'build:test']) await npm(root, 'run', script);
  mkdirSync(home, { recursive: true });
  const [{ filename }] = JSON.parse(await npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', home));
  return join(home, filename);
}

/** The folder of an application on this line of the SDK, with the synfin of this tarball; without one, with what it has. */
export async function application(line, tarball) {
  const folder = join(home, `sdk-${line}`);
  const from = join(here, `sdk-${line}`);
  if (tarball !== undefined) {
    await made(folder, hash(join(from, 'package-lock.json')), async () => {
      for (const file of ['package.json', 'package-lock.json']) cpSync(join(from, file), join(folder, file));
      await npm(folder, 'ci', '--ignore-scripts');
    });
    await made(join(folder, 'node_modules/synfin'), hash(tarball), async () => {
      const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--prefer-offline'];
      await npm(folder, 'install', ...flags, tarball);
    });
  }
  for (const part of ['apps', 'types']) {
    rmSync(join(folder, part), { recursive: true, force: true });
    cpSync(join(here, part), join(folder, part), { recursive: true });
  }
  cpSync(join(root, 'test/fixtures/apps/localhost.pem'), join(folder, 'apps/localhost.pem'));
  return folder;
}

/** The folder of the receiver that keeps what it gets in SQLite. */
export async function receiver() {
  const folder = join(home, 'receiver');
  const from = join(here, 'receiver');
  await made(folder, hash(join(from, 'package-lock.json')), async () => {
    for (const file of ['package.json', 'package-lock.json']) cpSync(join(from, file), join(folder, file));
    await npm(folder, 'ci', '--ignore-scripts');
  });
  return folder;
}

/** Has a folder made, unless it was made of the same before. */
async function made(folder, of, make) {
  const stamp = join(folder, '.made-of');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === of) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await make();
  writeFileSync(stamp, of);
}

async function npm(cwd, ...args) {
  const options = { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 };
  const { stdout } = await promisify(execFile)(
    'npm',
    ['--no-audit', '--no-fund', '--loglevel=error', ...args],
    options,
  );
  return stdout;
}

function hash(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function read(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function write(file, value) {
  writeFileSync(file, JSON.stringify(value));
}
