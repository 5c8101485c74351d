/** Placeholder until faults are written. */
export function plant(): void {}
