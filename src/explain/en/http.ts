import type { KindWords } from '../words.ts';
import { openFiles } from './limits.ts';

export const keepAliveRace: KindWords<'keep_alive_race'> = {
  noun: ['request', 'requests'],
  title: 'failed on a connection that the server had just closed',
  wire: 'The server had said goodbye (FIN) on an idle connection when your request was sent over it: the two crossed, and the answer was a RST.',
  turn: 'It is your turn: the client has to give idle connections up before the server does.',
  outcome: 'Each one is an ECONNRESET, EPIPE or "socket hang up" for a server that is well.',
  limit: openFiles,
  causes: {
    reused_after_fin: {
      seen: 'the request went out on a reused connection after the FIN of the peer had come in',
      advice:
        'Make the client close first: its idle timeout has to be shorter than that of the server (new http.Agent({ keepAlive: true, timeout: … }), or keepAliveTimeout of an undici Agent), or raise keepAliveTimeout of the server above it. And send requests that may be sent twice again when this happens.',
    },
  },
};

export const idlePileUp: KindWords<'idle_pile_up'> = {
  noun: ['connection', 'connections'],
  title: 'idle, each in a pool of its own',
  wire: 'The connections are established and healthy; nobody will ever send anything over them again.',
  turn: 'It is your turn: to use them again, or to close them.',
  outcome: 'Each one holds a descriptor on both sides until the server gives up on it.',
  limit: openFiles,
  causes: {
    agent_per_request: {
      seen: 'a new keep-alive agent is made for each request, so that its connection is never used again',
      advice:
        'Make one agent for the application, outside of the function that makes the request, and pass it to every request; or leave the agent option out.',
    },
  },
};
