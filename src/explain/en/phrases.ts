import type { Phrases } from '../phrases.ts';
import { spell } from '../spell.ts';

export const phrases: Phrases = {
  spell,
  paragraph: (sentences) => sentences.join(' '),
  because: (summary, seen) => `${summary}: ${seen}.`,
  many: (count, noun, place) => `${count} ${noun[count === 1 ? 0 : 1]}${place}`,
  lasting: (many, count, age, title) => `${many}, ${count === 1 ? 'for' : 'the oldest for'} ${age} ${title}`,
  past: (many, count, age, title) => `${many} ${title}, ${count === 1 ? '' : 'the first '}${age} ago`,
  place({ from, destination, listener, at = 'accepted on', request, pipeTarget }) {
    const start = from === undefined ? '' : ` from ${from}`;
    const where = listener ? ` ${at} ${listener}` : destination ? `${start} to ${destination}` : start;
    return where + (request ? ` (${request})` : '') + (pipeTarget ? ` piped into a ${pipeTarget}` : '');
  },
  end(noun, place, title, { happened, cleared }) {
    const subject = noun + place;
    const what = happened ? `For a while no ${subject} has ${title}` : `No ${subject} is ${title} any more`;
    return cleared ? `${what}.` : `${what}; the finding stays open for a while in case they come back.`;
  },
  forecast: (limit, name, perMinute, soon) =>
    `There are ${perMinute} more every minute: at this rate the limit of ${limit} ${name} is reached in ${soon}.`,
  soon: (limit, name, perMinute, soon) => `+${perMinute} a minute; the limit of ${limit} ${name} is reached in ${soon}`,
  changed: (id) => `now (${id} has changed) `,
  unread: (bytes) => `, ${bytes} B unread`,
  unacknowledged: (bytes) => `, ${bytes} B not acknowledged`,
  more: (connections) => `and ${connections} more`,
  nothingLeft: 'There is nothing left to do.',
  untold: { seen: 'why, could not be told', advice: 'Look at the connections that are listed.' },
  labels: {
    what: 'what',
    wire: 'wire',
    turn: 'turn',
    server: 'server',
    from: 'from',
    fix: 'fix',
    code: 'code',
    facts: 'facts',
    soon: 'soon',
    socket: 'socket',
  },
  marks: { over: 'over', ok: 'ok', critical: 'CRITICAL', warning: 'warning' },
};
