import { phrases } from './en/phrases.ts';
import type { Language } from './language.ts';
import { english } from './messages.en.ts';
import type { Phrases } from './phrases.ts';
import type { Words } from './words.ts';

/** Everything that one language says. */
export interface Tongue {
  readonly words: Words;
  readonly phrases: Phrases;
}

const tongues: Readonly<Record<Language, Tongue>> = {
  en: { words: english, phrases },
  zh: { words: english, phrases },
};

export function tongueOf(language: Language): Tongue {
  return tongues[language];
}
