import assert from 'node:assert/strict';
import type { ReceivedSpan } from '../system/otlp-receiver.ts';

/** How many spans there are of each path. A path goes from the root of the trace down to the span. */
export type Paths = Readonly<Record<string, number>>;

/** Told by us. */
export const ours = ({ scope }: ReceivedSpan): boolean => scope.name === 'synfin';

/** Told by one of OpenTelemetry's instrumentations. */
export const theirs = ({ scope }: ReceivedSpan): boolean => scope.name.startsWith('@opentelemetry/');

/** Where a span hangs: `work > GET > client tcp.handshake`. */
export function pathIn(spans: readonly ReceivedSpan[]): (span: ReceivedSpan) => string {
  const known = new Map(spans.map((span) => [span.spanId, span]));
  return function path(span): string {
    if (!span.parentSpanId) return label(span);
    const parent = known.get(span.parentSpanId);
    return `${parent ? path(parent) : '(lost)'} > ${label(span)}`;
  };
}

export function pathsOf(spans: readonly ReceivedSpan[], chosen: (span: ReceivedSpan) => boolean): Paths {
  return counted(spans.filter(chosen).map(pathIn(spans)));
}

/** What of ours there is, wherever it hangs. */
export function countsOf(spans: readonly ReceivedSpan[]): Paths {
  return counted(spans.filter(ours).map(label));
}

/** Every connection has one handshake and at most one teardown, which is linked to it. */
export function assertToldOnce(spans: readonly ReceivedSpan[]): void {
  const ids = new Set(spans.filter(ours).map(({ attributes }) => attributes['synfin.connection.id']));
  for (const id of ids) {
    const own = spans.filter((span) => ours(span) && span.attributes['synfin.connection.id'] === id);
    const [handshake, teardown, ...more] = own.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    assert.deepEqual(
      [handshake?.name, teardown?.name ?? 'tcp.teardown', more],
      ['tcp.handshake', 'tcp.teardown', []],
      `${id}`,
    );
    if (teardown)
      assert.deepEqual(
        teardown.links.map(({ spanId }) => spanId),
        [handshake?.spanId],
        `${id}`,
      );
  }
}

export function counted(names: readonly string[]): Paths {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function label({ name, attributes }: ReceivedSpan): string {
  const role = attributes['synfin.tcp.role'];
  return role ? `${role} ${name}` : name;
}

/** What a link says, as plain as a span's own attributes. */
export function linkAttributes(link: object): Readonly<Record<string, unknown>> {
  const wire = (link as { attributes?: readonly { key: string; value: Record<string, unknown> }[] }).attributes ?? [];
  return Object.fromEntries(wire.map(({ key, value }) => [key, Object.values(value)[0]]));
}
