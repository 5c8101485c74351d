import type { CallSite } from '../connection/call-site.ts';
import { type Endpoint, formatEndpoint } from '../tcp/endpoint.ts';
import { fields, object } from './fields.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { integer, list, type Shape, text, unreadable } from './shape.ts';

export const port: Shape<number> = integer(0, 65_535);

/** A text that is written as `hidden` makes it where addresses get pseudonyms. */
function hiding(hidden: (value: string, pseudonyms: Pseudonyms) => string): Shape<string> {
  return {
    write: (value, { pseudonyms }) => JSON.stringify(pseudonyms === undefined ? value : hidden(value, pseudonyms)),
    read: text.read,
  };
}

/** An address without a port. */
export const address: Shape<string> = hiding((value, pseudonyms) => pseudonyms.host(value));

const ends = /^(?:\[([^\]]*:.*)\]|(.*)):(\d{1,5})$/s;

/** `10.0.0.7:443`, `[::1]:443`. */
function endpointFrom(value: string): Endpoint | undefined {
  const [, bracketed, plain, digits] = ends.exec(value) ?? [];
  const host = bracketed ?? plain;
  const number = Number(digits);
  const isRight = host !== undefined && number <= 65_535 && formatEndpoint({ address: host, port: number }) === value;
  return isRight ? { address: host, port: number } : undefined;
}

function hiddenEndpoint(end: Endpoint, pseudonyms: Pseudonyms): string {
  return formatEndpoint({ address: pseudonyms.host(end.address), port: end.port });
}

export const endpoint: Shape<Endpoint> = {
  write: (end, { pseudonyms }) =>
    JSON.stringify(pseudonyms === undefined ? formatEndpoint(end) : hiddenEndpoint(end, pseudonyms)),
  read: (json) => endpointFrom(text.read(json)) ?? unreadable('address:port', json),
};

/** Host and port in one text, as a key; what is not of that form is hidden whole. */
export const destination: Shape<string> = hiding((value, pseudonyms) => {
  const end = endpointFrom(value);
  return end === undefined ? pseudonyms.word(value) : hiddenEndpoint(end, pseudonyms);
});

const byFourTuple = /^tcp:([^-]+)-([^-@]+)(@-?\d+)?$/;

/** Of a connection or a socket (`connectionId` in tcp/identity.ts): only one made of a four-tuple holds addresses. */
export const socketName: Shape<string> = hiding((value, pseudonyms) => {
  if (/^(?:[\da-f]+|ino:\d+|tcp:unknown@\d+|)$/.test(value)) return value;
  const [, local = '', peer = '', seen = ''] = byFourTuple.exec(value) ?? [];
  const [from, to] = [endpointFrom(local), endpointFrom(peer)];
  if (from === undefined || to === undefined) return pseudonyms.word(value);
  return `tcp:${hiddenEndpoint(from, pseudonyms)}-${hiddenEndpoint(to, pseudonyms)}${seen}`;
});

/** `GET /users/42`: the method stays, and how deep the path is. */
export const request: Shape<string> = hiding((value, pseudonyms) => {
  const [, method = '', path = value] = /^([A-Z-]{1,20}) (.*)$/s.exec(value) ?? [];
  const hidden = path.split('/').map((segment) => (segment === '' ? '' : pseudonyms.word(segment)));
  return `${method} ${hidden.join('/')}`.trimStart();
});

/** A code is the kernel's or Node's, or whatever an application puts in its place. */
export const errorCode: Shape<string> = hiding((value, pseudonyms) =>
  /^[A-Z][A-Z_]{0,60}$/.test(value) ? value : pseudonyms.word(value),
);

/** What was lost, in words: what they quote comes after the first `;`. */
export const remark: Shape<string> = hiding((value) => value.split(';', 1)[0] ?? '');

const frames = list(text);

/** As words: the stack itself ends with the process. */
export const site: Shape<CallSite> = {
  write: (value, how) => frames.write(value.frames(), how),
  read: (json) => {
    const words = frames.read(json);
    return { frames: () => words };
  },
};

const traced = object(fields<{ traceId: string }>({ traceId: text }));

/** Telemetry's, and opaque: of it the trace is known at most. */
export const context: Shape<unknown> = {
  write: (_context, { traceId, ...how }) => (traceId === undefined ? undefined : traced.write({ traceId }, how)),
  read: (json) => (json === undefined ? undefined : traced.read(json)),
};
