import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/** The two ends of a wire that a test may cut, each in a network namespace of its own. */
export const near = '10.77.0.1';
export const far = '10.77.0.2';
/** An address on the wire that has a neighbour's entry, and where nobody lives: what is sent there is lost. */
export const nobody = '10.77.0.3';

/** What is missing on this host for such a wire; false where nothing is. The value of a test's `skip`. */
export const wireNeeds: string | false = missing();

let count = 0;

/** Two network namespaces and a wire between them; `remove` takes all of it away. */
export class Wire {
  readonly #names: readonly [near: string, far: string];

  constructor() {
    const name = `synfin-${process.pid}-${++count}`;
    this.#names = [`${name}-n`, `${name}-f`];
    const [one, other] = this.#names;
    ip('netns', 'add', one);
    ip('netns', 'add', other);
    ip('-n', one, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'wire', 'netns', other);
    for (const [end, address] of [
      [one, near],
      [other, far],
    ] as const) {
      ip('-n', end, 'link', 'set', 'lo', 'up');
      ip('-n', end, 'addr', 'add', `${address}/24`, 'dev', 'wire');
      ip('-n', end, 'link', 'set', 'wire', 'up');
    }
    ip('-n', one, 'neigh', 'add', nobody, 'lladdr', '02:00:00:00:00:99', 'dev', 'wire', 'nud', 'permanent');
  }

  /** What runs a program at this end. */
  under(end: 'near' | 'far'): readonly string[] {
    return ['ip', 'netns', 'exec', this.#names[end === 'near' ? 0 : 1]];
  }

  /** The far end is not there any more, and nobody says so: what is sent to it is lost. */
  cut(): void {
    const [one, other] = this.#names;
    const { lladdr } = JSON.parse(ip('-n', one, '-j', 'neigh', 'show', far))[0] as { lladdr: string };
    ip('-n', one, 'neigh', 'replace', far, 'lladdr', lladdr, 'dev', 'wire', 'nud', 'permanent');
    ip('-n', other, 'addr', 'flush', 'dev', 'wire');
  }

  /** It is there again. */
  mend(): void {
    ip('-n', this.#names[1], 'addr', 'add', `${far}/24`, 'dev', 'wire');
  }

  remove(): void {
    for (const name of this.#names) spawnSync('ip', ['netns', 'del', name]);
  }
}

function ip(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  assert.equal(status, 0, `ip ${args.join(' ')}: ${stderr}`);
  return stdout;
}

function missing(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  const name = `synfin-${process.pid}-0`;
  const made = spawnSync('ip', ['netns', 'add', name]).status === 0;
  const linked =
    made && spawnSync('ip', ['-n', name, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'other']).status === 0;
  if (made) spawnSync('ip', ['netns', 'del', name]);
  return linked ? false : 'needs ip netns and veth';
}
