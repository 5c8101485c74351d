// The preload of the program that is on its own: as much of a module as the other, and nothing in it.
export {};
