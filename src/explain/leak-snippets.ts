import type { LeakCause } from '../detectors/kinds.ts';

type LeakSnippets = Readonly<Partial<Record<LeakCause, readonly string[]>>>;

/**
 * What cures a socket that nobody reads or ends: each is a patch of a program that leaks in this way, which a test
 * applies and runs. None for what lies in settings, in another process, or nowhere that can be told from here.
 */
export const leakSnippets: LeakSnippets = {
  half_open_never_ended: [
    '  const server = net.createServer({ allowHalfOpen: true }, (socket) => {',
    "+   socket.on('end', () => socket.end());",
    "    socket.on('data', handle);",
    '  });',
  ],
  paused: [
    "  socket.on('data', async (chunk) => {",
    '    socket.pause();',
    '-   await save(chunk);',
    '-   socket.resume();',
    '+   await save(chunk).finally(() => socket.resume());',
    '  });',
  ],
  no_consumer: [
    '  const server = net.createServer(async (socket) => {',
    '-   const user = await findUser(socket);',
    "-   socket.on('data', (chunk) => user.handle(chunk));",
    '+   const user = findUser(socket);',
    "+   socket.on('data', async (chunk) => (await user).handle(chunk));",
    '  });',
  ],
  readable_not_read: [
    "  socket.on('readable', () => {",
    '-   if (socket.readableLength >= 64) handle(socket.read(64));',
    '+   let frame;',
    '+   while ((frame = socket.read(64)) !== null) handle(frame);',
    '  });',
  ],
  pause_on_connect: [
    '  const server = net.createServer({ pauseOnConnect: true }, (socket) => {',
    "    socket.on('data', handle);",
    '+   socket.resume();',
    '  });',
  ],
  pipe_stuck: [
    '  const target = new Writable({',
    '    write(chunk, _encoding, done) {',
    '-     store(chunk).then(() => done());',
    '+     store(chunk).then(() => done(), done);',
    '    },',
    '  });',
    '- socket.pipe(target);',
    '+ pipeline(socket, target, onEnd);',
  ],
  iterator_stalled: [
    '  for await (const chunk of socket) {',
    '-   await save(chunk);',
    '+   await save(chunk, { signal: AbortSignal.timeout(limitMs) });',
    '  }',
  ],
  onread_stopped: [
    '  const callback = (bytes) => {',
    '-   return file.write(Buffer.copyBytesFrom(buffer, 0, bytes));',
    '+   const more = file.write(Buffer.copyBytesFrom(buffer, 0, bytes));',
    "+   if (!more) file.once('drain', () => socket.resume());",
    '+   return more;',
    '  };',
    '  const socket = net.connect({ port, host, onread: { buffer, callback } });',
  ],
  http_response_not_consumed: [
    '  http.get(url, (res) => {',
    '-   if (res.statusCode !== 200) return;',
    '+   if (res.statusCode !== 200) return res.resume();',
    '    res.pipe(file);',
    '  });',
  ],
  fetch_body_not_consumed: [
    '  const response = await fetch(url);',
    '+ await response.body?.cancel();',
    '  return response.ok;',
  ],
  http_request_body_not_consumed: [
    '  const server = http.createServer((req, res) => {',
    '-   if (!isAllowed(req)) return;',
    '+   if (!isAllowed(req)) return res.writeHead(403).end();',
    "    req.pipe(file).once('finish', () => res.end());",
    '  });',
  ],
  http_half_open_response: ['  const server = http.createServer(handle);', '- server.httpAllowHalfOpen = true;'],
  upgrade_forgotten: [
    "  server.on('upgrade', (_req, socket) => {",
    "    socket.on('data', handle);",
    "+   socket.on('end', () => socket.end());",
    "+   socket.on('error', () => socket.destroy());",
    '  });',
  ],
  ended_write_stuck: [
    '  socket.end(data);',
    '+ const timer = setTimeout(() => socket.destroy(), limitMs);',
    "+ socket.once('close', () => clearTimeout(timer));",
  ],
  fd_in_other_process: [
    '- const child = spawn(command, args, { stdio: [socket, log, log] });',
    '- socket.destroy();',
    "+ const child = spawn(command, args, { stdio: ['pipe', log, log] });",
    '+ pipeline(socket, child.stdin, () => socket.destroy());',
  ],
};

/** The same where it is a client's socket, and its code is another. */
export const clientLeakSnippets: LeakSnippets = {
  half_open_never_ended: [
    '  const socket = net.connect({ port, host, allowHalfOpen: true });',
    "+ socket.on('end', () => socket.end());",
    "  socket.on('data', handle);",
  ],
  no_consumer: ['  const socket = net.connect({ port, host });', '+ socket.resume();'],
};
