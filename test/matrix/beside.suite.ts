import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { all, cjs, told } from './app.ts';
import { assertToldOnce, countsOf, type Paths, pathsOf, theirs } from './paths.ts';

const auto = '@opentelemetry/auto-instrumentations-node/register';
const synfin = 'synfin/register';

/** Instrumentations patch what is required, so the application is CommonJS: under --import they miss an ES module's. */
const inCode = (instrumentations: string) => [cjs, instrumentations];
const preloaded = (flag: string, ...preloads: string[]) => [...preloads.flatMap((preload) => [flag, preload]), cjs];

describe('next to instrumentation-net, -http and -undici', () => {
  const tried = {
    'registered in code': {
      alone: inCode('theirs'),
      'before ours': inCode('theirs, synfin'),
      'after ours': inCode('synfin, theirs'),
    },
    '--import': {
      alone: preloaded('--import', auto),
      'before ours': preloaded('--import', auto, synfin),
      'after ours': preloaded('--import', synfin, auto),
    },
    '--require': {
      alone: preloaded('--require', auto),
      'before ours': preloaded('--require', auto, synfin),
      'after ours': preloaded('--require', synfin, auto),
    },
  };

  for (const [way, { alone, ...together }] of Object.entries(tried))
    describe(way, { concurrency: 2 }, () => {
      let expected: Paths;
      before(async () => {
        expected = pathsOf(await told(alone), theirs);
      });

      for (const [order, args] of Object.entries(together))
        it(`${order}: their spans as without ours, ours as without theirs`, async () => {
          const spans = await told(args);
          assert.deepEqual(pathsOf(spans, theirs), expected);
          assert.deepEqual(countsOf(spans), all);
          assertToldOnce(spans);
        });

      it('alone they do make spans of each kind', () => {
        const kinds = ['tcp.connect', 'tls.connect', 'GET'];
        for (const kind of kinds)
          assert.ok(
            Object.keys(expected).some((path) => path.endsWith(` > ${kind}`)),
            kind,
          );
      });
    });
});
