import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { posix, resolve, sep } from 'node:path';
import { describe, it } from 'node:test';

/**
 * The drawing (docs/architecture.md, section 2): what each room may import besides itself. A room is a directory, and
 * each file that lies in src itself. `sources` is its own few files; its rooms do not know one another.
 */
const source = ['connection', 'tcp', 'ffi', 'errors.ts', 'node:', 'sources/source.ts', 'sources/next-turn.ts'];
const arrows: Readonly<Record<string, readonly string[]>> = {
  tcp: [],
  connection: ['tcp'],
  detectors: ['connection', 'tcp'],
  explain: ['detectors', 'connection', 'tcp'],
  telemetry: ['explain', 'detectors', 'connection', 'tcp', 'node:module', '@opentelemetry/api'],
  ffi: ['errors.ts', 'tcp', 'node:', 'koffi'],
  sources: ['connection', 'tcp', 'errors.ts', 'node:'],
  'sources/net': source,
  'sources/sock-diag': source,
  'sources/proc': source,
  'errors.ts': [],
  'faults.ts': [],
  'version.ts': [],
  'options.ts': ['errors.ts'],
  'stderr.ts': ['explain', 'options.ts', 'node:'],
  'strangers.ts': ['connection', 'tcp', 'sources', 'sources/net', 'sources/proc'],
  'examiner.ts': ['connection', 'detectors', 'tcp', 'strangers.ts', 'sources', 'sources/net', 'sources/proc'],
  'agent.ts': [
    ...['tcp', 'connection', 'detectors', 'explain', 'telemetry', 'ffi', 'sources'],
    ...['sources/net', 'sources/sock-diag', 'sources/proc'],
    ...['errors.ts', 'faults.ts', 'version.ts', 'options.ts', 'stderr.ts', 'strangers.ts', 'examiner.ts', 'node:'],
  ],
  'start.ts': ['agent.ts', 'options.ts', 'stderr.ts'],
  'register.ts': ['start.ts'],
  'instrumentation.ts': ['start.ts', 'options.ts', 'version.ts', 'telemetry'],
  'index.ts': ['start.ts', 'instrumentation.ts', 'errors.ts'],
};

/** What may be named in a type besides, because it is gone when the program runs. */
const typeArrows: Readonly<Record<string, readonly string[]>> = {
  'start.ts': ['connection', 'explain', 'sources'],
  'instrumentation.ts': ['@opentelemetry/api'],
  'index.ts': ['tcp', 'connection', 'detectors', 'explain', 'sources', 'options.ts'],
};

const pureRooms = ['tcp', 'connection', 'detectors', 'explain'];

const impure =
  /\b(?:Date\.now|new Date\(\)|performance|process|console|fetch|globalThis|set(?:Timeout|Interval|Immediate)|queueMicrotask|Math\.random)\b/;

const mostLines = 250;

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  /** Without comments and the insides of texts. */
  readonly code: string;
  readonly imports: readonly Import[];
}

/** Every form of import: static, for its effect, of a type, re-export, dynamic, and by require. */
function importsOf(text: string): Import[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
  const statements = code.matchAll(
    /^\s*(?:import|export)\b(\s+type\b(?!\s*,))?(?:[\w\s{},*]*?\bfrom)?\s*['"]([^'"]+)['"]/gm,
  );
  const calls = code.matchAll(
    /(typeof\s+)?\b(?:import|require(?:\.resolve)?|createRequire\([^)]*\))\(\s*['"`]([^'"`]+)['"`]/g,
  );
  return [...statements, ...calls].map(([, type, target]) => ({ target: target ?? '', typeOnly: type !== undefined }));
}

/** What runs: comments are gone, and so is what stands between quotes, but for what is computed in it. */
function codeOf(text: string): string {
  return text.replaceAll(
    /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/gm,
    (piece) => (piece.startsWith('`') ? `\`${(piece.match(/\$\{[^}]*\}/g) ?? []).join(' ')}\`` : ''),
  );
}

function roomOf(path: string): string {
  const parts = path.split('/');
  return parts[0] === 'sources' && parts.length > 2 ? parts.slice(0, 2).join('/') : (parts[0] ?? path);
}

const files: readonly SourceFile[] = readdirSync(resolve('src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => path.replaceAll(sep, '/'))
  .toSorted()
  .map((path) => {
    const text = readFileSync(resolve('src', path), 'utf8');
    return { path, room: roomOf(path), text, code: codeOf(text), imports: importsOf(text) };
  });

/** The file under src that is meant, or the name of a package or a module of Node. */
function resolved({ path }: SourceFile, { target }: Import): string {
  return target.startsWith('.') ? posix.join(posix.dirname(path), target) : target;
}

function isAllowed(target: string, rule: readonly string[]): boolean {
  if (target.startsWith('node:')) return rule.includes('node:') || rule.includes(target);
  return rule.includes(target) || (target.endsWith('.ts') && rule.includes(roomOf(target)));
}

/** The complaints of a check about each file, told all at once. */
function each(check: (file: SourceFile) => readonly string[], of = files): void {
  const wrong = of.flatMap((file) => check(file).map((what) => `src/${file.path}: ${what}`));
  assert.deepEqual(wrong, [], `\n${wrong.join('\n')}`);
}

describe('the arrows', () => {
  it('every room has its row in the table', () => {
    assert.ok(files.length > 40, 'the files of src were found');
    each(({ room }) => (room in arrows ? [] : [`room ${room} is not in the drawing`]));
  });

  for (const [room, rule] of Object.entries(arrows)) {
    const types = typeArrows[room] ?? [];
    const seen = `${rule.join(', ') || '(nothing)'}${types.length > 0 ? `; types of ${types.join(', ')}` : ''}`;
    it(`${room} ──▶ ${seen}`, () => {
      each(
        (file) =>
          file.imports.flatMap((one) => {
            const target = resolved(file, one);
            const ok = roomOf(target) === room || isAllowed(target, rule) || (one.typeOnly && isAllowed(target, types));
            return ok ? [] : [`imports ${one.target}; the rule is: ${room} ──▶ ${seen}`];
          }),
        files.filter((file) => file.room === room),
      );
    });
  }

  it('what is imported by a path is there, and named with its ending', () => {
    const paths = new Set(files.map(({ path }) => path));
    each((file) =>
      file.imports.flatMap((one) =>
        one.target.startsWith('.') && !paths.has(resolved(file, one))
          ? [`imports ${one.target}, which is not there`]
          : [],
      ),
    );
  });

  it('no import cycles, not even of types', () => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const walk = (file: SourceFile, way: readonly string[]): void => {
      const before = way.indexOf(file.path);
      if (before >= 0) cycles.push([...way.slice(before), file.path].join(' → '));
      if (before >= 0 || done.has(file.path)) return;
      for (const one of file.imports) {
        const next = byPath.get(resolved(file, one));
        if (next) walk(next, [...way, file.path]);
      }
      done.add(file.path);
    };
    for (const file of files) walk(file, []);
    assert.deepEqual(cycles, []);
  });
});

describe('the pure rooms', () => {
  it('time is an argument: no clock, no timer, no I/O, no global state', () => {
    each(
      ({ code }) =>
        code.split('\n').flatMap((line) => (impure.test(line) ? [`is to be pure, but: ${line.trim()}`] : [])),
      files.filter(({ room }) => pureRooms.includes(room)),
    );
  });
});

describe('the files', () => {
  it('a file has one subject: none is called utils, common, helpers, types or constants', () => {
    each(({ path }) => (/(^|\/)(utils?|common|helpers?|types|constants)(\.|\/)/.test(path) ? ['says nothing'] : []));
  });

  it(`none is longer than ${mostLines} lines`, () => {
    each(({ text }) => {
      const lines = text.split('\n').length - 1;
      return lines > mostLines ? [`has ${lines} lines, the most is ${mostLines}`] : [];
    });
  });
});

describe('being imported', () => {
  /** What stands at the left edge and declares nothing. */
  const statement =
    /^(?!import|export|const|let|function|async function|abstract|class|interface|type|declare)[^\s})\]`|&?:.;]/;

  it('does nothing, but for register.ts', () => {
    each(({ path, code }) => {
      const acts = code.split('\n').filter((line) => statement.test(line));
      if (path === 'register.ts') return acts.length > 0 ? [] : ['does nothing'];
      return acts.map((line) => `does something by being imported: ${line}`);
    });
  });

  it('awaits nothing: --require works by require(esm)', () => {
    each(({ code }) => {
      const lines = code.split('\n').filter((line) => /^\S.*\bawait\b/.test(line) && !/\basync\b/.test(line));
      return lines.map((line) => `awaits at the top level: ${line}`);
    });
    const before = Object.getOwnPropertySymbols(globalThis).length;
    const index: unknown = createRequire(import.meta.url)('../src/index.js');
    assert.equal(typeof Reflect.get(index as object, 'start'), 'function');
    assert.equal(Object.getOwnPropertySymbols(globalThis).length, before, 'nothing was started');
  });
});

describe('the reader of imports', () => {
  it('sees each form, and which are only types', () => {
    const text = `import a from './a.ts';
import type { B } from './b.ts';
import { type C, c } from './c.ts';
import {
  d,
} from './d.ts';
import './e.ts';
export type { F } from './f.ts';
export * as g from './g.ts';
type H = typeof import('./h.ts');
const i = await import('./i.ts');
const j = createRequire(import.meta.url)('j');
const k = require('k');
// import './comment.ts';
const text = "from './text.ts'";`;
    assert.deepEqual(
      importsOf(text).map(({ target, typeOnly }) => (typeOnly ? `type ${target}` : target)),
      [
        './a.ts',
        'type ./b.ts',
        './c.ts',
        './d.ts',
        './e.ts',
        'type ./f.ts',
        './g.ts',
        'type ./h.ts',
        './i.ts',
        'j',
        'k',
      ],
    );
  });

  it('sees code without texts and comments, but with what is computed in a text', () => {
    const text = `a(); // b()\n/* c() */ d('e()', "f()", \`g() \${h()}\`);`;
    assert.equal(codeOf(text).replaceAll(/\s/g, ''), `a();d(,,\`\${h()}\`);`);
  });
});
