import type { Finding } from '../../detectors/detector.ts';
import type { KindWords } from '../words.ts';
import { openFiles } from './limits.ts';

export const keepAliveRace: KindWords<'keep_alive_race'> = {
  noun: ['request', 'requests'],
  title: 'failed on a connection that the server had just closed',
  happened: true,
  wire: 'The server had said goodbye (FIN) on an idle connection before it knew of your request: the two crossed, and all that came back was a RST.',
  turn: 'It is your turn: the client has to give idle connections up before the server does.',
  outcome: 'Each one is an ECONNRESET, EPIPE or "socket hang up" from a server that is well.',
  limit: openFiles,
  causes: {
    reused_after_fin: {
      seen: 'the request went out on a reused connection, and the FIN of the peer was there before it was acknowledged',
      advice:
        'Make the client close first, with an idle timeout that is shorter than the server’s: new http.Agent({ keepAlive: true, timeout: … }), or keepAliveTimeout of an undici Agent, both in milliseconds; or raise keepAliveTimeout of the server above that of all its clients. And send a request again when this happens, if it may be sent twice.',
    },
  },
  details: raceDetails,
};

/** Shorter than that a server does not keep connections in earnest. */
const shortMs = 1000;

function raceDetails({ count, subject }: Finding): readonly string[] {
  const { peer_idle_timeout_ms: peer, agent_idle_timeout_ms: agent, fin_before_ms: fin } = subject;
  const details: string[] = [];
  if (fin !== undefined) details.push(`Of the last one the FIN had come ${ms(fin)} before the failure.`);
  if (peer === undefined) {
    const what = count === 1 ? 'it while it was idle' : 'them while they were idle';
    return [
      ...details,
      `The server closed ${what}: a restart, or its keep-alive timeout. Which of the two is not known yet.`,
    ];
  }
  details.push(`The server closes a connection after about ${ms(peer)} of idleness; ${clientSide(peer, agent)}`);
  if (peer < shortMs) details.push('That is too short to be of use: raise keepAliveTimeout of the server first.');
  else
    details.push(
      `Give the client's agent ${below(peer)} ms: timeout: ${below(peer)} (http), keepAliveTimeout: ${below(peer)} (undici).`,
    );
  return details;
}

function clientSide(peer: number, agent: number | undefined): string {
  if (agent === undefined) return 'the client would keep it without end.';
  if (agent >= peer) return `the client would keep it for ${ms(agent)}.`;
  return `the client would give it up after ${ms(agent)}, but its event loop was blocked when the time came: look for what holds it, too.`;
}

/** A second less, for the way and a busy event loop; of short ones, a fifth. */
function below(peer: number): number {
  return Math.round((peer > 5 * shortMs ? peer - shortMs : peer * 0.8) / 100) * 100;
}

function ms(value: number): string {
  return value < shortMs ? `${value} ms` : `${Math.round(value / 100) / 10} s`;
}

export const idlePileUp: KindWords<'idle_pile_up'> = {
  noun: ['connection', 'connections'],
  title: 'idle, each in a pool of its own',
  wire: 'The connections are established and healthy; nobody will ever send anything over them again.',
  turn: 'It is your turn: to use them again, or to close them.',
  outcome: 'Each one holds a descriptor on both sides until the server gives up on it.',
  limit: openFiles,
  causes: {
    agent_per_request: {
      seen: 'a new keep-alive agent is made for each request or two, so that its connection is never used again',
      advice:
        'Make one agent for the application, outside of the function that makes the request, and pass it to every request; or leave the agent (dispatcher) option out. Where it must be a new one, call its destroy() when the answer is there.',
    },
  },
  details: pileDetails,
};

function pileDetails({ subject: { agents }, growth_per_minute }: Finding): readonly string[] {
  const details = agents === undefined ? [] : [`They belong to ${agents} different agents, which were used once.`];
  return growth_per_minute > 0 ? [...details, `There are ${growth_per_minute} more every minute.`] : details;
}
