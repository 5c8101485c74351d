import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ConnectionView, viewOf } from '../../../src/connection/view.ts';
import { columnsOf } from '../../../src/explain/columns.ts';
import { ladderOf } from '../../../src/explain/ladder/ladder.ts';
import { ladderSvg } from '../../../src/explain/ladder/svg.ts';
import { ladderText } from '../../../src/explain/ladder/text.ts';
import { endpoint } from '../../../src/tcp/endpoint.ts';
import { isReachable } from '../../../src/tcp/transition.ts';
import { seconds } from '../../connection/observations.ts';
import { story, tellStory } from '../../connection/stories.ts';
import { parseXml } from '../xml.ts';

/** Views of every connection after every observation of the story, and the moment of looking. */
function viewsOf(told: Parameters<typeof tellStory>[0]): ConnectionView[] {
  const views: ConnectionView[] = [];
  tellStory(told, (tracker, events, at) => {
    const all = new Set([...tracker.connections(), ...events.map(({ connection }) => connection)]);
    for (const connection of all) views.push(viewOf(connection, seconds(at)));
  });
  return views;
}

const language = fc.constantFrom('en' as const, 'zh' as const);
const charset = fc.constantFrom('unicode' as const, 'ascii' as const);
const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ unit: 'binary' }));
const place = fc.record({ address, port: fc.nat(65_535) }).map((end) => endpoint(end.address, end.port));

describe('whatever was observed, in whatever order', () => {
  it('the text has no line over 80 columns, no space at an end, and one character of a line feed after each', () => {
    fc.assert(
      fc.property(story, language, charset, fc.boolean(), (told, speech, drawn, compact) => {
        for (const view of viewsOf(told)) {
          const text = ladderText(view, { language: speech, charset: drawn, compact });
          for (const line of text.split('\n')) assert.ok(columnsOf(line) <= 80 && line === line.trimEnd(), line);
          assert.ok(text.endsWith('\n') && !text.endsWith('\n\n'));
          if (compact) assert.ok(text.split('\n').length <= 17, text);
          if (drawn === 'ascii' && speech === 'en') assert.match(text, /^[\n\x20-\x7e]*$/);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('the rungs are in the order of time, and the ladder lies between its beginning and its end', () => {
    fc.assert(
      fc.property(story, (told) => {
        for (const view of viewsOf(told)) {
          const { rungs, from, at } = ladderOf(view);
          const times = [from, ...rungs.flatMap((rung) => rung.at ?? [])];
          assert.deepEqual(
            times,
            times.toSorted((one, other) => one - other),
          );
          assert.ok(at >= from);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('both sides go from state to state along the edges of the protocol, but where this one was found elsewhere', () => {
    fc.assert(
      fc.property(story, (told) => {
        for (const view of viewsOf(told)) {
          const { begin, rungs } = ladderOf(view);
          for (const side of ['us', 'peer'] as const) {
            let before = begin[side]?.state ?? 'unknown';
            for (const rung of rungs) {
              const now = rung.states[side]?.state ?? before;
              const isFound = rung.kind === 'event' && rung.event === 'looked';
              if (!isFound && before !== 'unknown' && now !== 'unknown')
                assert.ok(isReachable(before, now), `${side}: ${before} → ${now}\n${ladderText(view)}`);
              before = now;
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('the picture is well-formed XML', () => {
    fc.assert(
      fc.property(story, language, (told, speech) => {
        for (const view of viewsOf(told)) parseXml(ladderSvg(view, { language: speech }));
      }),
      { numRuns: 100 },
    );
  });

  it('wherever the ends are', () => {
    fc.assert(
      fc.property(story, place, place, fc.string({ unit: 'binary', maxLength: 90 }), (told, local, peer, id) => {
        for (const view of viewsOf(told).slice(-2)) {
          const elsewhere = { ...view, id, local, peer, error: view.error && id };
          parseXml(ladderSvg(elsewhere));
          for (const line of ladderText(elsewhere).split('\n')) assert.ok(columnsOf(line) <= 80, line);
        }
      }),
      { numRuns: 150 },
    );
  });
});
