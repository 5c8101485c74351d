import { SynfinError } from './errors.ts';

/** A value in code that is not accepted. */
export function wrongOption(name: string, value: unknown, accepts: string): SynfinError {
  return new SynfinError('SYNFIN_BAD_OPTION', `option ${name} takes ${accepts}, not ${spelled(value)}`);
}

/** Any value at all, in a few words. */
export function spelled(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : `[${value.map(spelledShortly).join(', ')}]`;
  return spelledShortly(value);
}

function spelledShortly(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
}

/** In code. */
export function unknownOption(name: string, names: readonly string[]): SynfinError {
  return new SynfinError(
    'SYNFIN_BAD_OPTION',
    `there is no option ${JSON.stringify(name)}: there are ${names.join(', ')}`,
  );
}
