import { trackerLimits } from '../connection/bounds.ts';
import type { HostFact } from '../connection/host-fact.ts';
import { Knowledge } from '../connection/knowledge.ts';
import type { Observation } from '../connection/observation.ts';
import { Tracker } from '../connection/tracker.ts';
import { connectionDetectors, hostDetectors, type Thresholds } from '../detectors/all-detectors.ts';
import type { Finding } from '../detectors/detector.ts';
import { Judge, originOf } from '../detectors/judge.ts';
import { atOnce } from '../detectors/steps.ts';
import { ignoring, ignoringDestinations } from '../ignored.ts';
import { optionTable } from '../options.ts';
import type { RecordingHeader } from '../recording/header.ts';

/** Whatever the header says: a file of somebody else's must not take all the memory, at some 1 kB for each. */
const mostConnections = 1_000_000;

interface JudgedBy extends Thresholds {
  readonly maxConnections: number;
  readonly ignore: readonly string[];
}

/** One run of a program, watched again: the tracker and the judge that it had, with the options that it had. */
export class Session {
  readonly #knowledge: Knowledge;
  readonly #judge: Judge;

  constructor(header: RecordingHeader, fault: (where: string, error: unknown) => void) {
    const options = judgedBy(header);
    const { maxConnections, ignore } = options;
    this.#knowledge = new Knowledge(
      new Tracker(trackerLimits(Math.min(maxConnections, mostConnections)), ignoring(ignore)),
    );
    this.#judge = new Judge({
      knowledge: this.#knowledge,
      connections: connectionDetectors(options),
      host: hostDetectors(options, ignoringDestinations(ignore)),
      origin: originOf(header.pid, header.thread),
      fault,
    });
  }

  /** What there is to tell when this was observed. */
  observe(said: Observation): readonly Finding[] {
    this.#knowledge.observe(said);
    return said.kind === 'host' ? this.#look(said) : [];
  }

  /** Those that are open now. */
  findings(): readonly Finding[] {
    return this.#judge.findings();
  }

  #look({ at, fact }: HostFact): readonly Finding[] {
    if (fact.name === 'suspects_seen') {
      if (fact.from === 0) {
        this.#knowledge.tracker.takeStrangers();
        this.#judge.begin();
      }
      while (this.#judge.hasMore && this.#judge.next < fact.from + fact.count) this.#judge.see(at);
    }
    return fact.name === 'look' ? atOnce(this.#judge.judging(fact, at)) : [];
  }
}

/** What the header does not say, or says in a way that no option allows, is as it is by default. */
function judgedBy({ options }: RecordingHeader): JudgedBy {
  const value = <Name extends keyof JudgedBy>(name: Name): JudgedBy[Name] => {
    const { check, default: otherwise } = optionTable[name];
    return (check(options[name]) ?? otherwise) as JudgedBy[Name];
  };
  return {
    closeWaitMs: value('closeWaitMs'),
    unreadMs: value('unreadMs'),
    stuckWriteMs: value('stuckWriteMs'),
    finWait2Ms: value('finWait2Ms'),
    handshakeMs: value('handshakeMs'),
    timeWaitShare: value('timeWaitShare'),
    maxConnections: value('maxConnections'),
    ignore: value('ignore'),
  };
}
