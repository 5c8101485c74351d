import type { Finding } from '../detectors/detector.ts';
import type { Cause, CauseOf, FindingKind } from '../detectors/kinds.ts';

/** Lines of code, without a word of any language: `-` before what goes, `+` before what comes. */
type Snippet = readonly string[];

type Snippets = { readonly [Kind in FindingKind]?: Readonly<Partial<Record<CauseOf<Kind>, Snippet>>> };

const leaks: Snippets['close_wait_leak'] = {
  half_open_never_ended: [
    '  const server = net.createServer({ allowHalfOpen: true }, (socket) => {',
    "+   socket.on('end', () => socket.end());",
  ],
};

const snippets: Snippets = { close_wait_leak: leaks, unread_data: leaks };

/** What to write instead; undefined where prose says it better. */
export function snippetOf({ kind, cause }: Finding): Snippet | undefined {
  const ofKind: Partial<Record<Cause, Snippet>> | undefined = snippets[kind];
  return ofKind?.[cause];
}
