import type { Case } from './case.ts';
import { describe } from './describe.ts';
import { type Group, placeOf } from './group.ts';

/** What the raiser takes. The place: the line; where none is known, the destination or listener. */
export function caseOf(group: Group): Case {
  const { kind, cause, connections } = group;
  const first = connections.find(({ callSite }) => callSite.length > 0) ?? connections[0];
  return {
    kind,
    cause,
    count: connections.length,
    place: `${kind}|${cause}|${first?.callSite[0] ?? (first && placeOf(first))}`,
    *members() {
      for (const { id } of connections) yield id;
    },
    describe: (growth, look) => describe(group, growth, look),
  };
}
