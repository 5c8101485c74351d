/** The package's version, for telemetry's instrumentation scope; a test holds it to package.json. */
export const version = '0.1.0';
