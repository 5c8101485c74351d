import type { ConnectionView } from '../connection/view.ts';
import { formatEndpoint } from '../tcp/endpoint.ts';
import { type Accused, mostPerMinute } from './remedy.ts';

/** A leaked connection, with what people are told of it. */
export interface Leaking extends Accused {
  readonly view: Pick<ConnectionView, 'peer' | 'callSite'>;
}

/** What synfin did, for people and for programs. */
export interface Deed {
  readonly words: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Each by itself, up to so many at one look; the others together. */
const mostByThemselves = 10;

/** What was closed at one look. */
export function closedAtOneLook(closed: readonly Leaking[]): Deed[] {
  const rest = closed.slice(mostByThemselves);
  const deeds = closed.slice(0, mostByThemselves).map(one);
  if (rest.length === 0) return deeds;
  const causes = new Map<string, number>();
  for (const { kind, cause } of rest) causes.set(`${kind} ${cause}`, (causes.get(`${kind} ${cause}`) ?? 0) + 1);
  const counts = [...causes].map(([cause, count]) => `${cause} ${count}`).join(', ');
  const facts = { remedy: 'destroyed_more', count: rest.length, causes: Object.fromEntries(causes) };
  return [...deeds, { words: `and ${rest.length} more leaked connections were closed: ${counts}`, facts }];
}

function one({ connectionId, findingId, kind, cause, age, view: { peer, callSite } }: Leaking): Deed {
  const to = peer ? formatEndpoint(peer) : null;
  const [line] = callSite;
  const age_s = Math.round(age * 10) / 10;
  return {
    words:
      `closed leaked connection ${connectionId}${to ? ` to ${to}` : ''}: ${kind}, ${cause}, for ${age_s} s` +
      `${line ? `, from ${line}` : ''} (finding ${findingId})`,
    facts: {
      remedy: 'destroyed',
      finding_id: findingId,
      connection_id: connectionId,
      peer: to,
      kind,
      cause,
      age_s,
      call_site: callSite,
    },
  };
}

export function waitingForTheirMinute(count: number): Deed {
  return {
    words: `${count} leaked connections wait to be closed: at most ${mostPerMinute} are in a minute`,
    facts: { remedy: 'waiting', count, most_per_minute: mostPerMinute },
  };
}

/** Told once for each cause and reason. */
export function leftAlone({ connectionId, findingId, kind, cause }: Leaking, why: string): Deed {
  const because = reasons[why] ?? why;
  return {
    words: `left leaked connection ${connectionId} open (${kind}, ${cause}): ${because}; others like it are left too`,
    facts: { remedy: 'left', finding_id: findingId, connection_id: connectionId, kind, cause, reason: why },
  };
}

/** Why a socket is left alone, in words. */
const reasons: Readonly<Record<string, string>> = {
  cause: 'to close it would raise an error in the program, or there is no socket of this thread to close',
  refused: 'its destroy() did not do it',
  destroyed: 'it is destroyed already',
  handshake: 'its TLS handshake is not over',
  http2: 'a HTTP/2 session uses it',
  write_pending: 'a write on it is not over, and whoever waits for that would be handed an error',
  stream_awaited:
    'pipeline(), finished() or for await waits for it and would be handed an error, or it is the target of a pipe()',
  client_watched: "somebody listens to the 'close' of this client socket, and may take it for an error",
  no_response: 'its request has no answer yet, and would emit an error',
  message_watched: "somebody listens to the 'error' or the end of its HTTP message",
  fetch_read: 'somebody has begun to read the body, and would be handed an error',
  fetch_unknown: 'undici has it in a way that is not known here',
};
