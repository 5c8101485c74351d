import { describe, type Look } from './describe.ts';
import type { Finding } from './detector.ts';
import { type Group, placeOf } from './group.ts';
import { Growth } from './growth.ts';
import { atOnce, type Steps } from './steps.ts';

/** A finding is told again at most once in so many looks. */
const looksBetweenChanges = 6;

/** A group that still grows from look to look is waited for, but no longer than this. */
const looksToSettle = 4;
/**
 * And gone for so many before it is cleared: two minutes by default. A leak whose sockets the peers' time-outs end comes
 * back with the next request; until then the finding is open with nothing left to count, and says so.
 */
const looksToClear = 24;

interface Open {
  readonly id: string;
  /** Ids of its connections at the last look: what a group is recognised by when its cause becomes clearer. */
  members: Set<string>;
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
  look(groups: readonly Group[], look: Look): Finding[] {
    return atOnce(this.looking(groups, look));
  }

  /** The same, step by step. */
  *looking(groups: readonly Group[], look: Look): Steps<Finding[]> {
    const tell: Finding[] = [];
    const taken = new Set<Open>();
    const recognised = yield* this.#recognise(groups);
    for (const group of groups) {
      const open = recognised.get(group) ?? (yield* this.#start(group, look));
      taken.add(open);
      const told = yield* this.#update(open, group, look);
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

  findings(): readonly Finding[] {
    return this.#open.filter((open) => open.told !== undefined).map((open) => open.now);
  }

  /**
   * Which open finding each group goes on: first the pairs with the most connections in common, so that a finding
   * follows its connections when their cause becomes clearer; then those of the same cause and place.
   */
  *#recognise(groups: readonly Group[]): Steps<Map<Group, Open>> {
    const recognised = new Map<Group, Open>();
    const taken = new Set<Open>();
    const take = (group: Group, open: Open): void => {
      if (recognised.has(group) || taken.has(open)) return;
      recognised.set(group, open);
      taken.add(open);
    };
    const pairs: { group: Group; place: string; open: Open; common: number }[] = [];
    for (const group of groups) {
      const place = placeKey(group);
      for (const open of this.#open) pairs.push({ group, place, open, common: yield* inCommon(group, open) });
    }
    pairs.sort((a, b) => b.common - a.common);
    for (const { group, open, common } of pairs) if (common > 0) take(group, open);
    for (const { group, place, open } of pairs) if (open.place === place) take(group, open);
    return recognised;
  }

  *#start(group: Group, look: Look): Steps<Open> {
    const id = `${group.kind}-${this.#origin}-${++this.#count}`;
    const growth = new Growth();
    const open: Open = {
      id,
      members: new Set(),
      place: '',
      growth,
      looks: 0,
      looksGone: 0,
      looksSinceTold: 0,
      told: undefined,
      now: yield* describe(id, group, growth, look, 'raised'),
    };
    this.#open.push(open);
    return open;
  }

  *#update(open: Open, group: Group, look: Look): Steps<Finding | undefined> {
    const grows = group.connections.length > open.members.size;
    const members = new Set<string>();
    for (const { id } of group.connections) {
      members.add(id);
      yield;
    }
    open.members = members;
    open.place = placeKey(group);
    open.growth.look(look.at, group.connections.length);
    open.looks++;
    open.looksGone = 0;
    open.looksSinceTold++;
    open.now = yield* describe(open.id, group, open.growth, look, open.told?.status ?? 'raised');
    if (open.told === undefined) {
      return !grows || open.looks >= looksToSettle ? this.#tell(open) : undefined;
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

/** Connections that the group and the open finding share; a finding never changes its kind. */
function* inCommon(group: Group, open: Open): Steps<number> {
  let common = 0;
  if (open.now.kind !== group.kind) return common;
  for (const { id } of group.connections) {
    if (open.members.has(id)) common++;
    yield;
  }
  return common;
}

/** The same for groups of one kind and cause from one line; where no line is known, to one destination or listener. */
function placeKey({ kind, cause, connections }: Group): string {
  const first = connections.find(({ callSite }) => callSite.length > 0) ?? connections[0];
  return `${kind}|${cause}|${first?.callSite[0] ?? (first && placeOf(first))}`;
}

/** The count doubled or halved, or severity, cause or the presence of a forecast changed. */
function isMaterial(told: Finding, now: Finding): boolean {
  const doubled = now.count >= told.count * 2;
  const halved = now.count <= told.count / 2;
  const forecast = (now.forecast === null) !== (told.forecast === null);
  return doubled || halved || forecast || now.severity !== told.severity || now.cause !== told.cause;
}
