import { readFileSync } from 'node:fs';

/** The key and the certificate of `localhost`. */
export const pem = readFileSync('test/fixtures/apps/localhost.pem');
