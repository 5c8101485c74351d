import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../src/detectors/detector.ts';
import { causesOf, type FindingKind, findingKinds } from '../../src/detectors/kinds.ts';
import { columnsOf } from '../../src/explain/columns.ts';
import { explain } from '../../src/explain/explain.ts';
import type { Language } from '../../src/explain/language.ts';
import { findingText } from '../../src/explain/text.ts';
import { tongueOf } from '../../src/explain/tongue.ts';
import type { CauseWords, KindWords } from '../../src/explain/words.ts';
import { everyFinding } from './every-finding.ts';

const languages = Object.keys({ en: true, zh: true } satisfies Record<Language, true>) as readonly Language[];

function wordsIn(language: Language, kind: FindingKind): KindWords<FindingKind> {
  return tongueOf(language).words[kind] as KindWords<FindingKind>;
}

/** All that is said of a finding, in the parts that it is told in. */
function toldOf(finding: Finding, language: Language): readonly string[] {
  const explained = explain(finding, language);
  const text = findingText(explained, { colour: false, width: 100_000, language });
  return [explained.message, explained.advice, ...text.split('\n').slice(1)];
}

for (const language of languages)
  describe(`what is said in ${language}`, () => {
    it('every kind has its words, and no other', () => {
      assert.deepEqual(Object.keys(tongueOf(language).words).toSorted(), [...findingKinds].toSorted());
      for (const kind of findingKinds) {
        const { noun, title, wire, turn, outcome, limit } = wordsIn(language, kind);
        for (const text of [...noun, title, wire, turn, outcome, limit.name, limit.reached])
          assert.match(text, /^\S(?:.*\S)?$/, kind);
      }
    });

    it('every cause of it has what was seen and what to change, and no other', () => {
      for (const kind of findingKinds) {
        const { causes } = wordsIn(language, kind);
        assert.deepEqual(Object.keys(causes).toSorted(), [...causesOf[kind]].toSorted(), kind);
        for (const { seen, advice } of Object.values<CauseWords>(causes))
          for (const text of [seen, advice]) assert.match(text, /^\S.*\S$/, kind);
      }
    });

    it('something is said of every finding, and no number or word is missing', () => {
      for (const finding of everyFinding())
        for (const text of toldOf(finding, language)) {
          assert.doesNotMatch(text, /undefined|NaN|Infinity|\[object/);
          assert.ok(text === '' || text.trim() !== '', finding.cause);
        }
    });

    it('what a row begins with is 7 columns wide at most, and no two are alike', () => {
      const labels = Object.values(tongueOf(language).phrases.labels);
      for (const label of labels) assert.ok(columnsOf(label) > 0 && columnsOf(label) <= 7, label);
      assert.equal(new Set(labels).size, labels.length);
    });
  });

describe('the two languages', () => {
  it('no Chinese character or sign stands in the English', () => {
    for (const finding of everyFinding())
      for (const text of toldOf(finding, 'en')) assert.doesNotMatch(text, /[\u2e80-\uffef]/u);
  });

  it('no sentence of one is a sentence of the other', () => {
    const sentences = (language: Language) =>
      findingKinds.flatMap((kind) => {
        const { title, wire, turn, outcome, limit, causes } = wordsIn(language, kind);
        const ofCauses = Object.values<CauseWords>(causes).flatMap(({ seen, advice }) => [seen, advice]);
        return [title, wire, turn, outcome, limit.name, limit.reached, ...ofCauses];
      });
    const english = new Set(sentences('en'));
    assert.deepEqual(
      sentences('zh').filter((sentence) => english.has(sentence)),
      [],
    );
  });

  it('both tell of the same: as many rows, the same code', () => {
    for (const finding of everyFinding()) {
      const [en = 0, zh = 0] = languages.map((language) => toldOf(finding, language).length);
      assert.equal(zh, en, `${finding.kind} ${finding.cause}`);
      assert.equal(explain(finding, 'zh').snippet, explain(finding, 'en').snippet);
    }
  });

  it('what is a name in JSON is the same in both', () => {
    for (const finding of everyFinding()) {
      const { message, advice, ...rest } = explain(finding, 'zh');
      assert.deepEqual({ ...explain(finding, 'en'), message, advice }, { ...rest, message, advice });
    }
  });
});
