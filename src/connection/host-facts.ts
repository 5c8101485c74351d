import type { Census } from './census.ts';
import type {
  Counters,
  Fact,
  HalfOpen,
  HostFact,
  IdleAgents,
  ListenerFact,
  PortFailure,
  Race,
  Refusal,
  Sysctls,
} from './host-fact.ts';
import type { Observation, Row } from './observation.ts';

/** So many of each sort of event are kept between two looks: more of the same would say no more. */
const mostEvents = 256;

/** Of all the listeners of the namespace, among which ours are looked for. */
const mostListening = 2048;

/** Of this process's own, in one look: no process has as many ports. */
const mostListeners = 65_536;

/** What is known around the connections at the end of a look. */
export interface HostLook {
  readonly counters: Counters | undefined;
  readonly sysctls: Sysctls;
  readonly loopDelayMs: number | undefined;
  readonly listeners: readonly ListenerFact[];
  readonly halfOpen: ReadonlyMap<number, HalfOpen> | undefined;
  readonly census: Census | undefined;
  readonly portFailures: readonly PortFailure[];
  readonly races: readonly Race[];
  readonly refusals: readonly Refusal[];
  readonly idleAgents: readonly IdleAgents[];
  /** Events for which there was no room. */
  readonly dropped: number;
}

/** Said of the host, or of a listener, which is no connection. */
export function isOfTheHost(said: Observation): said is HostFact | Row {
  return said.kind === 'host' || (said.kind === 'row' && said.state === 'listen');
}

/** Gathers what is said of the host, look by look. Only what holds on (counters, settings) outlasts a look. */
export class HostFacts {
  #counters: Counters | undefined;
  #sysctls: Sysctls = {};
  #now = nothing();
  #listening: Row[] = [];

  observe(said: HostFact | Row): void {
    if (said.kind === 'row') {
      if (this.#listening.length < mostListening) this.#listening.push(said);
      return;
    }
    const { fact } = said;
    switch (fact.name) {
      case 'counters':
        this.#counters = fact.values;
        return;
      case 'sysctls':
        this.#sysctls = fact.values;
        return;
      case 'loop_delay':
        this.#now.loopDelayMs = fact.longestMs;
        return;
      case 'listener':
        if (this.#now.listeners.length < mostListeners) this.#now.listeners.push(fact.listener);
        return;
      case 'half_open':
        this.#now.halfOpen = fact.byPort;
        return;
      case 'census':
        this.#now.census = fact.census;
        return;
      case 'port_failure':
      case 'race':
      case 'refusal':
      case 'idle_agents':
        this.#event(fact);
        return;
      case 'foreign':
      case 'trace':
      case 'ignored':
      case 'told_again':
      case 'told_anew':
      case 'suspects_seen':
      case 'look':
        return;
    }
  }

  /** As far as this look has come. */
  get counters(): Counters | undefined {
    return this.#counters;
  }

  /** Rows of listeners, whoever's they are. */
  get listening(): readonly Row[] {
    return this.#listening;
  }

  /** Those of this process, as far as they were looked at. */
  get listeners(): readonly ListenerFact[] {
    return this.#now.listeners;
  }

  get sysctls(): Sysctls {
    return this.#sysctls;
  }

  get portFailures(): readonly PortFailure[] {
    return this.#now.portFailures;
  }

  /** The look is over: hands over what it brought. */
  take(): HostLook {
    const look = { ...this.#now, counters: this.#counters, sysctls: this.#sysctls };
    this.#now = nothing();
    this.#listening = [];
    return look;
  }

  #event(fact: Extract<Fact, { name: 'port_failure' | 'race' | 'refusal' | 'idle_agents' }>): void {
    const { portFailures, races, refusals, idleAgents } = this.#now;
    const events = { port_failure: portFailures, race: races, refusal: refusals, idle_agents: idleAgents }[fact.name];
    if (events.length >= mostEvents) this.#now.dropped++;
    else (events as Fact[]).push(fact);
  }
}

interface Gathered {
  loopDelayMs: number | undefined;
  readonly listeners: ListenerFact[];
  halfOpen: ReadonlyMap<number, HalfOpen> | undefined;
  census: Census | undefined;
  readonly portFailures: PortFailure[];
  readonly races: Race[];
  readonly refusals: Refusal[];
  readonly idleAgents: IdleAgents[];
  dropped: number;
}

function nothing(): Gathered {
  return {
    loopDelayMs: undefined,
    listeners: [],
    halfOpen: undefined,
    census: undefined,
    portFailures: [],
    races: [],
    refusals: [],
    idleAgents: [],
    dropped: 0,
  };
}
