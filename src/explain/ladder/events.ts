import type { ConnectionView } from '../../connection/view.ts';
import { type Instant, instant } from '../../tcp/identity.ts';
import type { EventName, EventRung } from './rung.ts';

/** The descriptor was closed at another moment than our FIN or RST went out: what remains is the kernel's. */
export function descriptorClosed({ released, endedAt, state, steps, changes }: ConnectionView): EventRung | undefined {
  if (!released || endedAt === undefined || state === 'closed') return undefined;
  const isSaid =
    steps.some(({ name, at }) => at === endedAt && (name === 'fin.sent' || name === 'rst.sent')) ||
    changes.some(({ to, at }) => at === endedAt && to === 'time_wait') ||
    state === 'syn_sent' ||
    state === 'syn_received';
  return isSaid ? undefined : event('descriptor_closed', endedAt, false);
}

/** How it ended, where no segment says it. */
export function endOf(view: ConnectionView): EventRung | undefined {
  const { state, released, steps, error, endedAt, closeType } = view;
  const wasReset = steps.some(({ name }) => name === 'rst.sent' || name === 'rst.received');
  const failed = released && error !== undefined && steps[0]?.name === 'syn' && steps[1]?.name !== 'syn_ack';
  if (wasReset) return afterTimeWait(view);
  if (failed) return event(error === 'ETIMEDOUT' ? 'timed_out' : nameOf(view), endedAt, false, error);
  if (state !== 'closed') return undefined;
  if (closeType === 'timeout') return event('timed_out', stateSince(view), false, error);
  if (closeType === 'abort') return event('aborted', stateSince(view), false, error);
  return afterTimeWait(view) ?? (isAccountedFor(view) ? undefined : event('gone', stateSince(view), true));
}

/** When the view's state was entered. */
export function stateSince({ firstSeen, age, stateAge }: ConnectionView): Instant {
  return instant(firstSeen + (age - stateAge) * 1e6);
}

function nameOf({ error, state }: ConnectionView): EventName {
  return error === 'ECONNABORTED' && state !== 'closed' ? 'given_up' : 'failed';
}

function afterTimeWait({ changes }: ConnectionView): EventRung | undefined {
  const over = changes.find(({ from, to }) => from === 'time_wait' && to === 'closed');
  return over && event('time_wait_over', over.at, over.inferred);
}

/** Both FINs, as far as anybody knows: the ladder ends with the last ACK or in TIME_WAIT. */
function isAccountedFor({ closeType, steps, changes }: ConnectionView): boolean {
  const finished = (wanted: string) => steps.some(({ name }) => name === wanted);
  const last = changes.at(-1);
  if (last?.to === 'closed') return last.from === 'last_ack';
  return closeType === 'fin' && finished('fin.sent') && finished('fin.received');
}

function event(name: EventName, at: Instant | undefined, inferred: boolean, error?: string): EventRung {
  return { kind: 'event', event: name, at, inferred, error };
}
