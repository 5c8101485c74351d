// What the programs say: a line of JSON for each thing that they see, without what differs from one run to the next.
'use strict';
const { once } = require('node:events');
const { writeSync } = require('node:fs');
const net = require('node:net');

const host = '127.0.0.1';

/** Written by way of the descriptor: `process.stdout` is one of the things that are looked at. */
function say(what, value) {
  writeSync(1, `${JSON.stringify({ what, value: plain(value) }).replace(/\b[3-6]\d{4}\b/g, '0')}\n`);
}

function plain(value) {
  if (value instanceof Error) return { ...plain({ ...value }), name: value.name, message: value.message };
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return plain(Object.fromEntries(value));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  if (typeof value === 'function') return `[function ${value.name}]`;
  return ['string', 'number', 'boolean'].includes(typeof value) || value === null ? value : String(value);
}

async function listening(server) {
  await once(server.listen(0, host), 'listening');
  return server.address().port;
}

/** Client and server side of one connection, both established. */
async function pair(options = {}, connect = net.connect) {
  const server = net.createServer(options);
  const port = await listening(server);
  const client = connect({ port, host, ...options });
  const [[serving]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  return { server, client, serving };
}

/** Both sides say FIN, and read to the end. */
async function finish({ server, client, serving }) {
  server.close();
  const closed = [serving, client].filter((socket) => !socket.closed).map((socket) => once(socket, 'close'));
  serving.resume().end();
  client.resume().end();
  await Promise.all(closed);
}

/** A port that nobody listens at. */
async function freePort() {
  const server = net.createServer();
  const port = await listening(server);
  await new Promise((closed) => server.close(closed));
  return port;
}

/** The events of an emitter, in their order, with what their listeners were given. */
function sequence(emitter, names, log = []) {
  for (const name of names) emitter.on(name, (...given) => log.push([name, ...given.map(briefly)]));
  return log;
}

function briefly(value) {
  if (value instanceof Error) return value.code ?? value.message;
  if (Buffer.isBuffer(value)) return value.length;
  return typeof value === 'object' && value !== null ? value.constructor.name : value;
}

const listenersOf = (emitter) => emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]);

/** `once()` would reject when there is an error first. */
const closed = (emitter) => new Promise((done) => emitter.once('close', done));

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Runs what the command line names. */
function run(programs) {
  const program = programs[process.argv[2]];
  if (program === undefined) throw new Error(`there is no program ${process.argv[2]}`);
  return program();
}

module.exports = { closed, host, say, listening, pair, finish, freePort, sequence, listenersOf, pause, turn, run };
