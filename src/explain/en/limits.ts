/** The limits that connections come up against. */
export const openFiles = {
  name: 'open files',
  reached: 'The process has all but reached its limit of open files.',
};

export const freePorts = {
  name: 'ports towards this destination',
  reached: 'All but a few of the ports towards this destination are taken.',
};

export const acceptQueue = {
  name: 'places in the accept queue',
  reached: 'The queue is full: whoever comes now is turned away.',
};

export const timeWaitBuckets = {
  name: 'TIME_WAITs that the kernel keeps',
  reached: 'The kernel keeps no more TIME_WAITs: those that come now end at once.',
};
