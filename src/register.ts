import { start } from './start.ts';

// node --import synfin/register app.js: the one module that does something by being imported. It must not be what
// keeps an application from starting.
try {
  start();
} catch (error) {
  process.emitWarning(error instanceof Error ? error : String(error), { code: 'SYNFIN_NOT_STARTED' });
}
