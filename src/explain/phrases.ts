import type { CauseWords } from './words.ts';

/** How one language puts together what the tables of words hold. */
export interface Phrases {
  /** `34 s`, `12 min`, `3 h`. */
  spell(seconds: number): string;
  /** Sentences, one after the other. */
  paragraph(sentences: readonly string[]): string;
  /** What is counted, and why, as one sentence. */
  because(summary: string, seen: string): string;
  /** `3 connections to …`. */
  many(count: number, noun: readonly [one: string, many: string], place: string): string;
  /** `3 connections to …, the oldest for 34 s in CLOSE_WAIT, never closed`. */
  lasting(many: string, count: number, age: string, title: string): string;
  /** The same of what has happened and is over. */
  past(many: string, count: number, age: string, title: string): string;
  /** Where the connections go or came in, to stand behind what is counted. */
  place(where: Where): string;
  /** Nothing is left of it: for now, or for good. `noun` is one of what is counted. */
  end(noun: string, place: string, title: string, over: Over): string;
  /** A limit is reached in a while, at the present growth. */
  forecast(limit: number, name: string, perMinute: number, soon: string): string;
  /** The same, in the few words of a row. */
  soon(limit: number, name: string, perMinute: number, soon: string): string;
  /** The finding was told before, by this id. */
  changed(id: string): string;
  /** Behind a connection's state and age, with the comma between them. */
  unread(bytes: number): string;
  unacknowledged(bytes: number): string;
  more(connections: number): string;
  readonly nothingLeft: string;
  /** For a cause that has no words of its own. */
  readonly untold: CauseWords;
  /** What each row of a finding begins with, 7 columns at most. */
  readonly labels: Readonly<Record<Label, string>>;
  readonly marks: Readonly<Record<Mark, string>>;
}

export interface Over {
  readonly happened: boolean;
  readonly cleared: boolean;
}

export type Label = 'what' | 'wire' | 'turn' | 'server' | 'from' | 'fix' | 'code' | 'facts' | 'soon' | 'socket';

export type Mark = 'over' | 'ok' | 'critical' | 'warning';

export interface Where {
  readonly from: string | undefined;
  readonly destination: string | undefined;
  readonly listener: string | undefined;
  /** What stands between what is counted and the listener, where the kind says it. */
  readonly at: string | undefined;
  readonly request: string | undefined;
  readonly pipeTarget: string | undefined;
}
