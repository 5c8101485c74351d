/** What a property holds whose name is a symbol that only its maker has; undefined where there is none. */
export function internalOf(object: object, description: string): unknown {
  const symbol = Object.getOwnPropertySymbols(object).find((candidate) => candidate.description === description);
  return symbol && Object.getOwnPropertyDescriptor(object, symbol)?.value;
}
