// The service itself. It does not know of synfin.

import { SpanKind, trace } from '@opentelemetry/api';
import express from 'express';

/** `upstream` is the URL of what this service calls. */
export function serviceApp(upstream) {
  const app = express();
  app.use(spanPerRequest);

  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  // The body is read to its end: the connection goes back to fetch's pool and serves the next request.
  app.get('/orders/:id', async (req, res) => {
    const response = await fetch(`${upstream}/document?size=2000`);
    const document = await response.text();
    res.json({ id: req.params.id, bytes: document.length });
  });

  // THE MISTAKE: only response.ok is looked at, the body is never read, and a list keeps the Response from the garbage
  // collector. No error and no log line ever comes of it. The remedy: await response.body?.cancel();
  const checks = [];

  async function checkDocument() {
    const response = await fetch(`${upstream}/document?size=150000`);
    checks.push({ at: new Date(), response });
    return response.ok;
  }

  app.get('/forgotten', async (_req, res) => {
    res.json({ ok: await checkDocument() });
  });

  return app;
}

const tracer = trace.getTracer('express-server');

/** What the HTTP instrumentation would do. By hand here, so that the example needs no further package. */
function spanPerRequest(req, res, next) {
  tracer.startActiveSpan(`${req.method} ${req.path}`, { kind: SpanKind.SERVER }, (span) => {
    res.once('close', () => {
      span.setAttribute('http.response.status_code', res.statusCode);
      span.end();
    });
    next();
  });
}
