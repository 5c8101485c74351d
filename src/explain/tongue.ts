import { phrases as englishPhrases } from './en/phrases.ts';
import type { Language } from './language.ts';
import { english } from './messages.en.ts';
import { chinese } from './messages.zh.ts';
import type { Phrases } from './phrases.ts';
import type { Words } from './words.ts';
import { phrases as chinesePhrases } from './zh/phrases.ts';

/** Everything that one language says. */
export interface Tongue {
  readonly words: Words;
  readonly phrases: Phrases;
}

const tongues: Readonly<Record<Language, Tongue>> = {
  en: { words: english, phrases: englishPhrases },
  zh: { words: chinese, phrases: chinesePhrases },
};

export function tongueOf(language: Language): Tongue {
  return tongues[language];
}
