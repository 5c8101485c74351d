import assert from 'node:assert/strict';
import { dirname, resolve } from 'node:path';
import { type Ended, register, run } from '../system/run.ts';

/** What a program said, and how it ended. */
export interface Account extends Ended {
  /** What it said of each thing, in the order in which it did. */
  readonly said: (what: string) => readonly unknown[];
}

export interface Conditions {
  /** Of Node, in front of the program. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Of an ES module `--import`, of a CommonJS one `--require`, unless something else is said. */
  readonly ways?: readonly Way[];
  /** What is preloaded besides, before the hook and without it. */
  readonly before?: readonly string[];
  /** What a difference that is meant leaves of an account. */
  readonly but?: (account: Ended) => Ended;
}

/** How a preload comes into a process. */
export type Way = 'import' | 'require' | 'NODE_OPTIONS';

export const everyWay: readonly Way[] = ['import', 'require', 'NODE_OPTIONS'];

export const program = (name: string): string => resolve('test/neutral/programs', name);

const nothing = program('nothing.mjs');

/** The kernel is looked at while the programs run, each call has its site, and findings, which are meant to be seen, are off. */
const watched = {
  SYNFIN_INTERVAL_MS: '50',
  SYNFIN_CLOSE_WAIT_MS: '0',
  SYNFIN_UNREAD_MS: '0',
  SYNFIN_CALL_SITES: 'all',
  SYNFIN_FINDINGS: 'off',
};

/**
 * The kernel is not looked at. What a look reads of /proc, a thread of Node's pool reads, and Node counts that among the
 * resources that are active for as long as it takes.
 */
export const notLooking = { SYNFIN_INTERVAL_MS: '3600000' };

/**
 * Runs a program under a preload with nothing in it and under the hook, by each way into a process. All that can be
 * seen from outside must be the same; what that is, is given back, for a test to say that it is what it should be.
 */
export async function same(file: string, name: string, conditions: Conditions = {}): Promise<Account> {
  const { ways = [file.endsWith('.mjs') ? 'import' : 'require'], but = (account) => account } = conditions;
  const kinds = new Map<string, Ended>();
  for (const way of ways) {
    // What a preload brings of Node's own depends on whether it is loaded as an ES module.
    const kind = way === 'require' ? 'require' : 'import';
    const alone = kinds.get(kind) ?? (await once(nothing, way, file, name, conditions));
    kinds.set(kind, alone);
    const hooked = await once(register, way, file, name, conditions);
    assert.deepEqual(but(hooked), but(alone), `${file}, ${name}: by ${way}`);
  }
  const [alone] = kinds.values();
  assert.ok(alone);
  return { ...alone, said: (what) => saidOf(alone.stdout, what) };
}

async function once(preload: string, way: Way, file: string, name: string, conditions: Conditions): Promise<Ended> {
  const { flags = [], before = [] } = conditions;
  const env = { ...watched, ...conditions.env };
  const options = way === 'NODE_OPTIONS' ? { env: { ...env, NODE_OPTIONS: `--import ${preload}` } } : { env };
  const preloads = [...before, ...(way === 'NODE_OPTIONS' ? [] : [`--${way}`, preload])];
  const { code, signal, stdout, stderr } = await run([...flags, ...preloads, program(file), name], options);
  return { code, signal, stdout, stderr: settled(stderr) };
}

/** Numbers of processes and of ports differ from one run to the next. */
function settled(stderr: string): string {
  return stderr
    .replaceAll(/\(node:\d+\)/g, '(node:pid)')
    .replaceAll(/\b[3-6]\d{4}\b/g, 'port')
    .replaceAll(/(async_id_symbol\)?\]?): \d+/g, '$1');
}

function saidOf(stdout: string, what: string): unknown[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return lines
    .map((line) => JSON.parse(line) as { what: string; value: unknown })
    .filter((line) => line.what === what)
    .map(({ value }) => value);
}

/** In the stacks of Node it is where the code of this package is seen. */
const ours = `${dirname(register)}/`;

/** Node lists ten frames: with one more of ours, the last ones of theirs are not there to be compared. */
const compared = 6;

/** Where this package is on the way of a call, and may show in the stack of an error that is thrown there. */
export function onTheWay({ stdout, stderr, ...rest }: Ended): Ended {
  return { ...rest, stdout: withoutOurs(stdout), stderr: withoutOurs(stderr) };
}

function withoutOurs(text: string): string {
  return text.replaceAll(/(?:(?:\n|\\n) *at [^\n\\"]*)+/g, (stack) => {
    const frames = stack.split(/\n|\\n/).filter((frame) => frame !== '' && !frame.includes(ours));
    return `\n${frames
      .slice(0, compared)
      .join('\n')
      .replaceAll(/ [{[]$/gm, '')}`;
  });
}
