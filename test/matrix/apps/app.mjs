// node app.mjs <setup> <ways> <ending>: the application as an ES module.
import run from './run.cjs';

await run((name) => import(name));
