/** The language that people are told in: English, or Chinese in simplified characters. Names of the field stay as they are. */
export type Language = 'en' | 'zh';
