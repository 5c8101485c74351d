import type { FaultOptions } from './fault-run.ts';

type Patience = Pick<FaultOptions, 'env' | 'stillMs' | 'limitMs' | 'lingerMs'>;

/** Thresholds as users have them: the longest is 60 s, and something is told within two looks after it. */
export const usual: Patience = { env: {}, limitMs: 180_000, lingerMs: 12_000 };

/** Thresholds for those who cannot wait, by the options that everybody has; and healthy ends that are as quick. */
export const quick: Patience = {
  env: {
    SYNFIN_INTERVAL_MS: '1000',
    SYNFIN_CLOSE_WAIT_MS: '5000',
    SYNFIN_UNREAD_MS: '6000',
    SYNFIN_FIN_WAIT_2_MS: '5000',
    SYNFIN_HANDSHAKE_MS: '5000',
    SYNFIN_STUCK_WRITE_MS: '6000',
    SYNFIN_CPU_BUDGET: '1',
  },
  stillMs: 1500,
  limitMs: 120_000,
  lingerMs: 3000,
};
