import { type ClientHttp2Session, connect } from 'node:http2';

const sessions = new Map<string, ClientHttp2Session>();

/** Asks over the one HTTP/2 session to that place, which stays; says how many bytes came. */
export async function askTwo(origin: string, path: string): Promise<number> {
  const stream = sessionTo(origin).request({ ':path': path });
  let size = 0;
  for await (const part of stream) size += (part as Buffer).length;
  return size;
}

function sessionTo(origin: string): ClientHttp2Session {
  const known = sessions.get(origin);
  if (known && !known.closed && !known.destroyed) return known;
  const session = connect(origin);
  session.on('error', () => {});
  sessions.set(origin, session);
  return session;
}
