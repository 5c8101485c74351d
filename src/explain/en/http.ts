import { type PileSayings, pileDetails } from '../details/idle-pile-up.ts';
import { type RaceSayings, raceDetails } from '../details/keep-alive-race.ts';
import { spellMs } from '../spell.ts';
import type { KindWords } from '../words.ts';
import { openFiles } from './limits.ts';

export const keepAliveRace: KindWords<'keep_alive_race'> = {
  noun: ['request', 'requests'],
  title: 'failed on a connection that the server had just closed',
  happened: true,
  wire: 'The server: "I have nothing more to say" (FIN), on an idle connection, before it knew of your request. The two crossed, and all that came back was "nobody here any more" (RST).',
  turn: 'It is your turn: the client has to give idle connections up before the server does.',
  outcome: 'Each one is an ECONNRESET, EPIPE or "socket hang up" from a server that is well.',
  limit: openFiles,
  causes: {
    reused_after_fin: {
      seen: 'the request went out on a reused connection, and the server’s goodbye (FIN) was there before it was acknowledged',
      advice:
        'Make the client close first, with an idle timeout shorter than the server’s: timeout of an http.Agent, keepAliveTimeout of an undici Agent, both in milliseconds; or raise keepAliveTimeout of the server above that of all its clients. And send a request again when this happens, if it may be sent twice.',
    },
  },
  details: (finding) => raceDetails(finding, race),
};

const race: RaceSayings = {
  finCameBefore: (fin) => `The last time the goodbye (FIN) had come ${spellMs(fin)} before the failure.`,
  serverNotKnown: (failures) =>
    `The server closed ${failures === 1 ? 'it while it was idle' : 'them while they were idle'}: a restart, or its keep-alive timeout. Which of the two is not known yet.`,
  serverKeeps: (peer, client, agent) =>
    `The server closes a connection after about ${spellMs(peer)} of idleness; ${clientSide[client](agent)}`,
  tooShort: 'That is too short to be of use: raise keepAliveTimeout of the server first.',
  set: (agent) => `Give the client's agent ${agent} ms: timeout: ${agent} (http), keepAliveTimeout: ${agent} (undici).`,
};

const clientSide = {
  without_end: () => 'the client would keep it without end.',
  longer: (agent: number) => `the client would keep it for ${spellMs(agent)}.`,
  blocked: (agent: number) =>
    `the client would give it up after ${spellMs(agent)}, but its event loop was blocked when the time came: look for what holds it, too.`,
};

export const idlePileUp: KindWords<'idle_pile_up'> = {
  noun: ['connection', 'connections'],
  title: 'idle, each in a pool of its own',
  wire: 'Both sides have said hello, and the connections are well (ESTABLISHED); nobody will ever say anything over them again.',
  turn: 'It is your turn: use them again, or close them.',
  outcome: 'Each one holds a descriptor (an open file) on both sides until the server gives up on it.',
  limit: openFiles,
  causes: {
    agent_per_request: {
      seen: 'a new keep-alive agent is made for each request or two, so that its connection is never used again',
      advice:
        'Make one agent for the application, outside of the function that makes the request, and pass it to every request; or leave the agent (dispatcher) option out. Where it must be a new one, call its destroy() when the answer is there.',
    },
  },
  details: (finding) => pileDetails(finding, pile),
};

const pile: PileSayings = {
  agents: (count) => `They belong to ${count} different agents, which were used once.`,
  growth: (perMinute) => `There are ${perMinute} more every minute.`,
};
