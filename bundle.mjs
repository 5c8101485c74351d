// node bundle.mjs: puts the program into few files, which is most of what makes a start quick. The declarations, which
// tsc writes beside them, stay one for each file of src.
import { build } from 'esbuild';

const common = {
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  legalComments: 'none',
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
};

/** A file of src that has one of its own here: it is named, and not put in. */
function apart(name) {
  const setup = ({ onResolve }) =>
    onResolve({ filter: new RegExp(`^\\./${name}\\.ts$`) }, () => ({ path: `./${name}.js`, external: true }));
  return { name: 'apart', setup };
}

await build({
  ...common,
  entryPoints: {
    index: 'src/index.ts',
    register: 'src/register.ts',
    'kernel-watch': 'src/kernel-watch.ts',
    prometheus: 'src/prometheus/prometheus.ts',
  },
  splitting: true,
  chunkNames: 'synfin-[hash]',
  plugins: [apart('record')],
});

// What few programs load shares no file with the others: that would be one more for each program to load.
await build({ ...common, entryPoints: { record: 'src/record.ts', replay: 'src/replay/command.ts' } });
