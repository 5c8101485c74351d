/** The limits that connections come up against. */
export const openFiles = {
  name: 'open files',
  reached: 'The process has all but reached its limit of open files.',
};

export const freePorts = {
  name: 'ports towards this destination',
  reached: 'All but a few of the local ports are taken.',
};

export const acceptQueue = {
  name: 'places in the accept queue',
  reached: 'The queue was full when it was looked at: whoever comes then is turned away.',
};

export const timeWaitBuckets = {
  name: 'TIME_WAITs that the kernel keeps',
  reached: 'The kernel keeps no more TIME_WAITs: those that come now end at once.',
};

export const synQueue = {
  name: 'places in the SYN queue',
  reached: 'The SYN queue is full: the kernel drops what new clients send.',
};
