import { idOf, type Lifecycle } from '../../connection/lifecycle.ts';
import { viewOf } from '../../connection/view.ts';
import type { Finding } from '../../detectors/detector.ts';
import type { Instant } from '../../tcp/identity.ts';
import type { Language } from '../language.ts';
import { ladderText } from './text.ts';

/** As far as the rows of a finding are indented. */
const indent = ' '.repeat(9);

/**
 * The ladder of the first connection that a finding names, to stand beneath its text when it is raised; empty for one
 * that was told before, or whose connection is not among these.
 */
export function ladderBeneath(finding: Finding, among: Iterable<Lifecycle>, now: Instant, language: Language): string {
  const id = finding.sample[0]?.connection_id;
  if (finding.status !== 'raised' || id === undefined) return '';
  for (const connection of among)
    if (idOf(connection) === id) return indented(ladderText(viewOf(connection, now), { language, compact: true }));
  return '';
}

function indented(lines: string): string {
  return lines.replace(/^(?=.)/gm, indent);
}
