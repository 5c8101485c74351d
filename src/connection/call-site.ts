/** Where in the application's code something began: kept as captured, put into words only when a person reads it. */
export interface CallSite {
  /** `fn (file:line:col)`, nearest first, the application's own code only, at most eight. */
  frames(): readonly string[];
}
