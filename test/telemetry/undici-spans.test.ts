import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { TracerProvider } from '@opentelemetry/api';
import { UndiciSpans } from '../../src/telemetry/undici-spans.ts';

interface Request {
  readonly origin: string;
  readonly path: string;
  readonly headers: string[];
}

const undici = '@opentelemetry/instrumentation-undici';
let lastId = 0;

/** A request to always the same place: only the order and the headers tell them apart. */
const request = (): Request => ({ origin: 'http://a.example', path: '/', headers: [] });

function span(scope = undici) {
  const spanId = (++lastId).toString(16).padStart(16, '0');
  return {
    spanContext: () => ({ spanId, traceId: '1'.repeat(32), traceFlags: 1 }),
    attributes: { 'url.full': 'http://a.example/' },
    instrumentationScope: { name: scope },
  };
}

/** An SDK with a list of span processors, the instrumentation of undici, and who finds its spans. */
function world(propagates: boolean) {
  const given: unknown[] = [];
  const multi = { _spanProcessors: given };
  const provider = { _activeSpanProcessor: multi } as unknown as TracerProvider;
  let moves = 0;
  const spans = new UndiciSpans({ provider: () => provider, listenLast: () => moves++ });
  const begin = (one: object) => {
    for (const processor of multi._spanProcessors as { onStart(span: object): void }[]) processor.onStart(one);
  };
  /** undici tells of a request: its instrumentation first, or last. Gives back the span that was made for it. */
  const tell = (told: Request, order: 'first' | 'last', instrumented = true) => {
    const made = instrumented ? span() : undefined;
    const instrument = () => {
      if (made === undefined) return;
      begin(made);
      if (propagates) told.headers.push('traceparent', `00-${'1'.repeat(32)}-${made.spanContext().spanId}-01`);
    };
    if (order === 'first') instrument();
    spans.made(told);
    if (order === 'last') instrument();
    return made;
  };
  return { spans, multi, given, begin, tell, moves: () => moves };
}

for (const propagates of [true, false])
  describe(`the spans of undici requests, ${propagates ? 'with' : 'without'} a propagator`, () => {
    let { spans, tell, moves } = world(propagates);
    beforeEach(() => {
      ({ spans, tell, moves } = world(propagates));
      spans.join();
    });

    it('its instrumentation is told first: each has its own, however many in one turn', () => {
      const told = Array.from({ length: 20 }, request);
      const made = told.map((one) => tell(one, 'first'));
      assert.deepEqual(
        told.map((one) => spans.spanOf(one)),
        made,
      );
    });

    it('its instrumentation is told last: each has its own or, without proof, none; and we go last from then on', () => {
      const told = Array.from({ length: 20 }, request);
      const made = told.map((one) => tell(one, 'last'));
      assert.deepEqual(
        told.map((one) => spans.spanOf(one)),
        propagates ? made : made.map(() => undefined),
      );
      assert.ok(moves() > 1);
    });

    for (const order of ['first', 'last'] as const)
      it(`every other one is ignored by its instrumentation, told ${order}: none has another's`, () => {
        const told = Array.from({ length: 20 }, request);
        const made = told.map((one, at) => tell(one, order, at % 2 === 1));
        const found: readonly unknown[] = told.map((one) => spans.spanOf(one));
        for (const [at, one] of found.entries()) assert.ok(one === undefined || one === made[at], `request ${at}`);
        if (propagates) assert.deepEqual(found, made);
      });

    it('what began in an earlier turn is nobody’s', async () => {
      const { spans, begin } = world(propagates);
      spans.join();
      begin(span());
      await Promise.resolve();
      const told = request();
      spans.made(told);
      assert.equal(spans.spanOf(told), undefined);
    });
  });

describe('headers that the application passes on', () => {
  it("a traceparent before the instrumentation's own is no proof against it", () => {
    const { spans, tell } = world(true);
    spans.join();
    const told = request();
    told.headers.push('traceparent', `00-${'2'.repeat(32)}-${'3'.repeat(16)}-01`);
    const made = tell(told, 'first');
    assert.equal(spans.spanOf(told), made);
  });
});

describe('the span processors of the SDK', () => {
  it("the application's own list stays as it gave it, and comes back in the end", () => {
    const { spans, multi, given } = world(true);
    spans.join();
    assert.deepEqual([given.length, multi._spanProcessors.length], [0, 1]);
    spans.join();
    assert.equal(multi._spanProcessors.length, 1, 'joined once');
    spans.close();
    assert.equal(multi._spanProcessors, given);
    spans.join();
    assert.equal(multi._spanProcessors, given, 'not joined any more');
  });

  for (const [what, provider] of [
    ['none', undefined],
    ['of another make', {}],
    ['without a list', { _activeSpanProcessor: {} }],
    ['behind a proxy that leads nowhere', { getDelegate: () => ({}) }],
  ] as const)
    it(`${what} → nothing is found, and nothing breaks`, () => {
      const spans = new UndiciSpans({
        provider: () => provider as unknown as TracerProvider,
        listenLast: () => assert.fail(),
      });
      const told = request();
      spans.made(told);
      assert.equal(spans.spanOf(told), undefined);
      spans.close();
    });
});
