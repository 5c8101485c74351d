// A client that says hello to an address where nobody lives, and gives up after some seconds.
import { connect } from 'node:net';
import { whenCured } from './beside.mjs';

const everyMs = 500;
const patienceMs = 4000;

const calling = setInterval(() => {
  const socket = connect(80, '10.9.0.2').on('error', () => {});
  setTimeout(() => socket.destroy(), patienceMs);
}, everyMs);

whenCured(() => clearInterval(calling));
