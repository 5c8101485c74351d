import { type Case, rounded } from './case.ts';
import type { Finding } from './detector.ts';
import { Growth } from './growth.ts';
import { type FindingKind, type LeakKind, leakKinds } from './kinds.ts';
import type { Look } from './look.ts';
import { atOnce, type Steps } from './steps.ts';

/** A finding is told again at most once in so many looks. */
const looksBetweenChanges = 6;

/** A found that still grows from look to look is waited for, but no longer than this. */
const looksToSettle = 4;
/**
 * And gone for so many before it is cleared: two minutes by default. A leak whose sockets the peers' time-outs end comes
 * back with the next request; until then the finding is open with nothing left to count, and says so.
 */
export const looksToClear = 24;

interface Open {
  readonly id: string;
  /** Of the case at the last look: what a found is recognised by when its cause becomes clearer. */
  members: Set<string>;
  count: number;
  place: string;
  readonly growth: Growth;
  looks: number;
  looksGone: number;
  looksSinceTold: number;
  told: Finding | undefined;
  now: Finding;
}

/**
 * Turns what is found look by look into findings: each raised once, changed when its numbers move materially, cleared
 * once. It stays quiet for a look, so that connections that fall ill together are told of together.
 */
export class Raiser {
  readonly #open: Open[] = [];
  readonly #origin: string;
  #count = 0;

  /** `origin` sets the ids of one process or thread apart from those of another that writes to the same stderr. */
  constructor(origin: string) {
    this.#origin = origin;
  }

  /** What there is to tell after this look. */
  look(cases: readonly Case[], look: Look): Finding[] {
    return atOnce(this.looking(cases, look));
  }

  /** The same, step by step. */
  *looking(cases: readonly Case[], look: Look): Steps<Finding[]> {
    const tell: Finding[] = [];
    const taken = new Set<Open>();
    const recognised = yield* this.#recognise(cases);
    for (const found of cases) {
      const open = recognised.get(found) ?? (yield* this.#start(found, look));
      taken.add(open);
      const told = yield* this.#update(open, found, look);
      if (told) tell.push(told);
    }
    for (const open of [...this.#open]) {
      if (taken.has(open)) continue;
      const told = this.#gone(open, look);
      if (told) tell.push(told);
    }
    return tell;
  }

  /** Those that were raised and not cleared, as they are now. */
  isAccused(connectionId: string): boolean {
    return this.#open.some(({ told, members }) => told !== undefined && members.has(connectionId));
  }

  /** The leak that this connection was found in at the last look, where that was told, and with this cause. */
  leakOf(connectionId: string): Finding | undefined {
    const open = this.#open.find(({ members, told, now, looksGone }) => {
      return looksGone === 0 && told?.cause === now.cause && isLeak(now.kind) && members.has(connectionId);
    });
    return open?.now;
  }

  findings(): readonly Finding[] {
    return this.#open.filter((open) => open.told !== undefined).map((open) => open.now);
  }

  /**
   * Which open finding each found goes on: first the pairs with the most connections in common, so that a finding
   * follows its connections when their cause becomes clearer; then those of the same cause and place.
   */
  *#recognise(cases: readonly Case[]): Steps<Map<Case, Open>> {
    const recognised = new Map<Case, Open>();
    const taken = new Set<Open>();
    const take = (found: Case, open: Open): void => {
      if (recognised.has(found) || taken.has(open)) return;
      recognised.set(found, open);
      taken.add(open);
    };
    const pairs: { found: Case; place: string; open: Open; common: number }[] = [];
    for (const found of cases) {
      const { place } = found;
      for (const open of this.#open) pairs.push({ found, place, open, common: yield* inCommon(found, open) });
    }
    pairs.sort((a, b) => b.common - a.common);
    for (const { found, open, common } of pairs) if (common > 0) take(found, open);
    for (const { found, place, open } of pairs) if (open.place === place) take(found, open);
    return recognised;
  }

  *#start(found: Case, look: Look): Steps<Open> {
    const id = `${found.kind}-${this.#origin}-${++this.#count}`;
    const growth = new Growth();
    const open: Open = {
      id,
      members: new Set(),
      count: 0,
      place: '',
      growth,
      looks: 0,
      looksGone: 0,
      looksSinceTold: 0,
      told: undefined,
      now: yield* this.#described(id, found, growth, look, 'raised'),
    };
    this.#open.push(open);
    return open;
  }

  *#described(id: string, found: Case, growth: Growth, look: Look, status: Finding['status']): Steps<Finding> {
    const { kind, cause, count } = found;
    const growth_per_minute = rounded(growth.perMinute);
    return { id, kind, cause, status, count, growth_per_minute, ...(yield* found.describe(growth, look)) };
  }

  *#update(open: Open, found: Case, look: Look): Steps<Finding | undefined> {
    const grows = found.count > open.count;
    const members = new Set<string>();
    for (const member of found.members()) {
      members.add(member);
      yield;
    }
    open.members = members;
    open.count = found.count;
    open.place = found.place;
    open.growth.look(look.at, found.count);
    open.looks++;
    open.looksGone = 0;
    open.looksSinceTold++;
    open.now = yield* this.#described(open.id, found, open.growth, look, open.told?.status ?? 'raised');
    if (open.told === undefined) {
      return !grows || open.looks >= (found.looksToSettle ?? looksToSettle) ? this.#tell(open) : undefined;
    }
    const due = open.looksSinceTold >= looksBetweenChanges && isMaterial(open.told, open.now);
    return due ? this.#tell(open) : undefined;
  }

  #gone(open: Open, look: Look): Finding | undefined {
    const { told } = open;
    open.looksGone++;
    open.looksSinceTold++;
    open.growth.look(look.at, 0);
    const nothing = { count: 0, growth_per_minute: 0, forecast: null, severity: 'warning', sample: [] } as const;
    open.now = { ...open.now, ...nothing };
    if (told !== undefined && open.looksGone < looksToClear) {
      const due = open.looksSinceTold >= looksBetweenChanges && told.count > 0;
      return due ? this.#tell(open) : undefined;
    }
    this.#open.splice(this.#open.indexOf(open), 1);
    return told && { ...open.now, status: 'cleared' };
  }

  #tell(open: Open): Finding {
    open.now = { ...open.now, status: open.told === undefined ? 'raised' : 'changed' };
    open.told = open.now;
    open.looksSinceTold = 0;
    return open.now;
  }
}

function isLeak(kind: FindingKind): kind is LeakKind {
  return leakKinds.some((leak) => leak === kind);
}

/** What the case and the open finding have in common; a finding never changes its kind. */
function* inCommon(found: Case, open: Open): Steps<number> {
  let common = 0;
  if (open.now.kind !== found.kind) return common;
  for (const member of found.members()) {
    if (open.members.has(member)) common++;
    yield;
  }
  return common;
}

/** The count doubled or halved, or severity, cause or the presence of a forecast changed. */
function isMaterial(told: Finding, now: Finding): boolean {
  const doubled = now.count >= told.count * 2;
  const halved = now.count <= told.count / 2;
  const forecast = (now.forecast === null) !== (told.forecast === null);
  return doubled || halved || forecast || now.severity !== told.severity || now.cause !== told.cause;
}
