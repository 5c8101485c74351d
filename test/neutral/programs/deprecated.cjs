// node deprecated.cjs: calls what Node advises against.
'use strict';
const net = require('node:net');
const { finish, pair, say } = require('./account.cjs');

process.on('warning', ({ name, code }) => say('warning', [name, code]));

pair().then(async (ends) => {
  require('node:util').deprecate(() => say('called', true), 'of the application', 'APP0001')();
  await finish(ends);
  say('sockets', typeof net.Stream);
});
