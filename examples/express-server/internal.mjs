// What synfin knows, as JSON, for whoever may log in to this host. It has addresses and lines of your code in it, so it
// gets a port of its own on 127.0.0.1 and never the service's.

import express from 'express';

export function internalApp(agent) {
  const app = express();
  app.get('/connections', (_req, res) => {
    res.json(agent.connections());
  });
  app.get('/findings', (_req, res) => {
    res.json(agent.findings());
  });
  return app;
}
