import { readdirSync, readFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';

export interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

export interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  /** Without comments and the insides of texts. */
  readonly code: string;
  readonly imports: readonly Import[];
}

/** Every form of import: static, for its effect, of a type, re-export, dynamic, and by require. */
export function importsOf(text: string): Import[] {
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
export function codeOf(text: string): string {
  return text.replaceAll(
    /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/gm,
    (piece) => (piece.startsWith('`') ? `\`${(piece.match(/\$\{[^}]*\}/g) ?? []).join(' ')}\`` : ''),
  );
}

/** The directory under src, and under sources; or the file that lies in src itself. */
export function roomOf(path: string): string {
  const parts = path.split('/');
  return parts[0] === 'sources' && parts.length > 2 ? parts.slice(0, 2).join('/') : (parts[0] ?? path);
}

/** All of src. */
export const files: readonly SourceFile[] = readdirSync(resolve('src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => path.replaceAll(sep, '/'))
  .toSorted()
  .map((path) => {
    const text = readFileSync(resolve('src', path), 'utf8');
    return { path, room: roomOf(path), text, code: codeOf(text), imports: importsOf(text) };
  });
