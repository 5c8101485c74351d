import type { LogAttributes } from './otel-logger.ts';
import { logAttribute as a } from './semconv.ts';

/** `fn (file:line:column)`, as a call site says it. */
const frame = /^(.*?) \((.*):(\d+):(\d+)\)$/s;

/** Where in the code, by the stable conventions: the nearest frame, and all of them as the engine writes them. */
export function codeAttributes(callSite: readonly string[]): LogAttributes {
  const [nearest] = callSite;
  if (nearest === undefined) return {};
  const stack = { [a.codeStacktrace]: callSite.map((line) => `    at ${line}`).join('\n') };
  const [, name, path, line, column] = frame.exec(nearest) ?? [];
  if (name === undefined || path === undefined) return stack;
  return {
    // What the engine calls a function that has no name is none.
    ...(name !== '<anonymous>' && { [a.codeFunctionName]: name }),
    [a.codeFilePath]: path,
    [a.codeLineNumber]: Number(line),
    [a.codeColumnNumber]: Number(column),
    ...stack,
  };
}
