// node bundle.mjs: puts the program into few files, which is most of what makes a start quick. The declarations, which
// tsc writes beside them, stay one for each file of src.
import { build } from 'esbuild';

await build({
  entryPoints: ['src/index.ts', 'src/register.ts', 'src/kernel-watch.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  legalComments: 'none',
  minifyWhitespace: true,
  minifySyntax: true,
  chunkNames: 'synfin-[hash]',
  logLevel: 'warning',
});
