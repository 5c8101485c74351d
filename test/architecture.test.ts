import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { posix, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { files, type Import, roomOf, type SourceFile } from './source-files.ts';

/**
 * The drawing (docs/architecture.md, section 2): what each room may import besides itself. A room is a directory, and
 * each file that lies in src itself. `sources` is its own few files; its rooms do not know one another.
 */
const source = [
  ...['connection', 'tcp', 'ffi', 'errors.ts', 'node:'],
  ...['sources/source.ts', 'sources/next-turn.ts', 'sources/slices.ts', 'sources/pace.ts'],
  ...['sources/lines.ts', 'sources/table-report.ts'],
];
const arrows: Readonly<Record<string, readonly string[]>> = {
  tcp: [],
  connection: ['tcp'],
  detectors: ['connection', 'tcp'],
  explain: ['detectors', 'connection', 'tcp'],
  recording: ['connection', 'tcp'],
  remedy: ['detectors', 'connection', 'tcp'],
  telemetry: ['explain', 'detectors', 'connection', 'tcp', 'node:', '@opentelemetry/api'],
  ffi: ['errors.ts', 'tcp', 'node:', 'koffi'],
  sources: ['connection', 'tcp', 'errors.ts', 'node:'],
  'sources/net': [...source, 'own-directory.ts'],
  'sources/descriptors': source,
  'sources/sock-diag': source,
  'sources/proc': source,
  'sources/netstat': [...source, 'node-netstat'],
  'errors.ts': [],
  'underway.ts': ['node:timers'],
  'audience.ts': ['connection', 'ignored.ts', 'options.ts', 'sources/net', 'telemetry'],
  'faults.ts': [],
  'monotonic.ts': ['tcp'],
  'version.ts': [],
  'option-values.ts': [],
  'ignored.ts': ['connection', 'tcp', 'node:net'],
  'wrong-option.ts': ['errors.ts'],
  'options.ts': ['errors.ts', 'wrong-option.ts', 'option-values.ts', 'ignored.ts'],
  'intake.ts': ['connection', 'tcp', 'sources', 'node:timers'],
  'own-directory.ts': ['node:'],
  'kernel-access.ts': ['errors.ts', 'ffi', 'options.ts', 'monotonic.ts'],
  'kernel-sources.ts': [
    ...['errors.ts', 'tcp', 'connection', 'ffi', 'options.ts', 'kernel-access.ts', 'sources'],
    ...['sources/descriptors', 'sources/sock-diag', 'sources/proc', 'sources/netstat'],
  ],
  'stderr.ts': ['explain', 'options.ts', 'node:'],
  'record.ts': ['connection', 'tcp', 'recording', 'recorder', 'options.ts', 'version.ts'],
  'late-recorder.ts': ['connection', 'record.ts', 'node:module'],
  replay: ['connection', 'detectors', 'explain', 'tcp', 'recording', 'ignored.ts', 'options.ts', 'node:'],
  'strangers.ts': ['connection', 'tcp', 'sources', 'sources/net', 'sources/proc'],
  host: ['connection', 'detectors', 'tcp', 'sources', 'sources/net', 'sources/proc', 'node:'],
  'announcer.ts': ['explain', 'stderr.ts'],
  'leak-closer.ts': ['remedy', 'detectors', 'connection', 'tcp', 'sources', 'sources/net'],
  'examiner.ts': [
    'leak-closer.ts',
    'connection',
    'detectors',
    'tcp',
    'strangers.ts',
    'host',
    'sources',
    'sources/net',
    'sources/proc',
  ],
  'kernel-watch.ts': [
    ...['tcp', 'connection', 'detectors', 'explain', 'sources', 'sources/net', 'options.ts', 'node:'],
    ...[
      'ignored.ts',
      'kernel-access.ts',
      'kernel-sources.ts',
      'strangers.ts',
      'examiner.ts',
      'leak-closer.ts',
      'host-parts.ts',
      'host',
      'measuring.ts',
      'telemetry',
    ],
  ],
  'measuring.ts': [
    ...['tcp', 'connection', 'detectors', 'telemetry', 'sources', 'sources/net', 'sources/proc'],
    'node:worker_threads',
  ],
  'own-status.ts': ['sources'],
  'host-parts.ts': [
    ...['tcp', 'connection', 'detectors', 'host', 'sources', 'sources/net', 'kernel-access.ts'],
    ...['options.ts', 'node:'],
  ],
  'load-kernel-watch.ts': ['kernel-watch.ts', 'node:module', 'node:timers/promises'],
  'agent.ts': [
    ...['tcp', 'connection', 'explain', 'telemetry', 'sources', 'sources/net'],
    ...[
      'announcer.ts',
      'leak-closer.ts',
      'audience.ts',
      'faults.ts',
      'ignored.ts',
      'intake.ts',
      'kernel-access.ts',
      'monotonic.ts',
      'own-status.ts',
      'underway.ts',
      'version.ts',
      'options.ts',
      'stderr.ts',
      'kernel-watch.ts',
      'late-recorder.ts',
      'load-kernel-watch.ts',
      'node:',
    ],
  ],
  recorder: ['recording', 'tcp', 'node:'],
  'start.ts': ['agent.ts', 'options.ts', 'stderr.ts', 'telemetry'],
  'register.ts': ['start.ts'],
  'instrumentation.ts': ['start.ts', 'errors.ts', 'options.ts', 'version.ts', 'telemetry'],
  prometheus: [
    'start.ts',
    'errors.ts',
    'wrong-option.ts',
    'telemetry',
    'node:async_hooks',
    'node:timers',
    'prom-client',
  ],
  'index.ts': ['start.ts', 'instrumentation.ts', 'errors.ts', 'explain/ladder/text.ts', 'explain/ladder/svg.ts'],
};

/** What may be named in a type besides, because it is gone when the program runs. */
const typeArrows: Readonly<Record<string, readonly string[]>> = {
  'options.ts': ['explain'],
  'start.ts': ['connection', 'explain', 'sources', 'leak-closer.ts'],
  'instrumentation.ts': ['@opentelemetry/api'],
  'index.ts': ['tcp', 'connection', 'detectors', 'explain', 'telemetry', 'sources', 'options.ts', 'leak-closer.ts'],
};

const pureRooms = ['tcp', 'connection', 'detectors', 'explain', 'recording', 'remedy'];

const impure =
  /\b(?:Date\.now|new Date\(\)|performance|process|console|fetch|globalThis|set(?:Timeout|Interval|Immediate)|queueMicrotask|Math\.random)\b/;

const mostLines = 250;

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

  it('the table is the drawing', () => {
    const drawing = readFileSync(resolve('docs/architecture.md'), 'utf8');
    for (const room of [
      'tcp',
      'connection',
      'detectors',
      'explain',
      'recording',
      'remedy',
      'telemetry',
      'ffi',
      'prometheus',
    ]) {
      const drawn = new RegExp(`^${room} +──▶ (.*)$`, 'm').exec(drawing)?.[1] ?? '?';
      const names = drawn.split(/[,+]/).map((name) => name.replace(/\(.*\)/, '').trim());
      const ruled = (arrows[room] ?? [])
        .filter((name) => !name.startsWith('node:'))
        .map((name) => name.replace('.ts', ''));
      assert.deepEqual(names.filter(Boolean).toSorted(), ruled.toSorted(), room);
    }
  });

  it('the drawing names every room', () => {
    const drawing = readFileSync(resolve('docs/architecture.md'), 'utf8');
    const named = new Set(drawing.match(/[a-z]+(?:-[a-z]+)*/g));
    const rooms = Object.keys(arrows).map((room) => room.replace(/\.ts$|^sources\//g, ''));
    assert.deepEqual(
      rooms.filter((room) => !named.has(room)),
      [],
    );
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

describe('what is handed on', () => {
  it('only index.ts re-exports', () => {
    each(({ path, text }) => {
      const lines = text.match(/^export (?:type )?(?:\*|\{)[^;]*? from .*$/gm) ?? [];
      return path === 'index.ts' ? [] : lines.map((line) => `re-exports: ${line}`);
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
