// Connections that leak, until they are found. They stay as they are to the end of the program, and do not hold it up.
const { once } = require('node:events');
const { host } = require('./loopback.cjs');
const setups = require('./setups.cjs');

/** The server says goodbye at once. */
async function finishing(load) {
  const net = await load('node:net');
  const server = net.createServer((socket) => socket.unref().end('bye')).listen(0, host);
  await once(server.unref(), 'listening');
  const { port } = server.address();
  return { net, options: { port, host, allowHalfOpen: true } };
}

/** While it lasts, the program goes on. */
async function found(load, open) {
  const { start } = await load('synfin');
  const alive = setInterval(() => {}, 1000);
  const raised = new Promise((resolve) => {
    const stop = start().onFinding(({ status }) => {
      if (status === 'raised') resolve(stop());
    });
  });
  const socket = open();
  await raised;
  clearInterval(alive);
  socket.unref();
}

module.exports = {
  async leak(load) {
    const { net, options } = await finishing(load);
    await found(load, () => net.connect(options).resume());
  },

  async 'leak, an SDK, another leak'(load) {
    const { net, options } = await finishing(load);
    await found(load, function early() {
      return net.connect(options).resume();
    });
    await setups['an SDK'](load);
    // By the time that this one is told, there was a look after the SDK had come.
    await found(load, function late() {
      return net.connect(options).resume();
    });
  },
};
