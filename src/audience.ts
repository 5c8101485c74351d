import type { Tracker } from './connection/tracker.ts';
import { ignoring } from './ignored.ts';
import type { Options } from './options.ts';
import type { Audience } from './sources/net/audience.ts';
import type { Telemetry } from './telemetry/telemetry.ts';

/** Of what is to be ignored only the tracker can tell: with such a list, it hears of everything. So does a recording. */
export function audienceFor(
  options: Pick<Options, 'ignore' | 'record'>,
  telemetry: Telemetry,
  tracker: Tracker,
): Audience {
  const all = options.ignore.length > 0 || options.record !== '';
  return {
    get listens() {
      return all || telemetry.isHeard || telemetry.isMeasuring;
    },
    get wantsFailures() {
      return all || telemetry.isHeard;
    },
    wantsHandshake: (dull) => all || telemetry.wantsHandshake(dull),
    wantsTeardown: (dull) => all || telemetry.wantsTeardown(dull),
    keep: (context) => telemetry.keep(context),
    closed: (connection) => tracker.closed.add(connection),
    get meter() {
      return telemetry.isMeasuring ? telemetry.connectionMeter : undefined;
    },
    ignores: ignoring(options.ignore),
  };
}
