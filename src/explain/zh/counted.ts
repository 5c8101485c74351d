/** What is counted: by its name alone, and behind a number with its measure word. */
export const connections = ['连接', '个连接'] as const;
