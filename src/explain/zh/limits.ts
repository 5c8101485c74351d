/** The limits that connections come up against; their names stand behind a number, and begin with the measure word. */
export const openFiles = {
  name: '个打开的文件',
  reached: '进程打开的文件数已经快到上限。',
};

export const freePorts = {
  name: '个去往该目的地的端口',
  reached: '本地端口几乎用光了。',
};

export const acceptQueue = {
  name: '个 accept 队列位置',
  reached: '去看的时候队列是满的，这时候来的都会被拒之门外。',
};

export const timeWaitBuckets = {
  name: '个 TIME_WAIT 名额',
  reached: '内核已经不再多留 TIME_WAIT，新来的当场就结束。',
};

export const synQueue = {
  name: '个 SYN 队列位置',
  reached: 'SYN 队列满了，新客户端发来的都会被内核丢掉。',
};
