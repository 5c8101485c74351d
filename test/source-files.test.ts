import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codeOf, importsOf } from './source-files.ts';

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
