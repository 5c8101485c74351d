import { ladderWords as english } from '../en/ladder.ts';
import type { Language } from '../language.ts';
import { ladderWords as chinese } from '../zh/ladder.ts';
import type { LadderWords } from './words.ts';

const tongues: Readonly<Record<Language, LadderWords>> = { en: english, zh: chinese };

/** What a ladder says in this language. */
export function ladderTongue(language: Language): LadderWords {
  return tongues[language];
}
