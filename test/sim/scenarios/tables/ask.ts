export type Ask = (query: string, settings?: Readonly<Record<string, string>>) => Promise<string>

/** What is known of something that a client asked for: after an error it may have happened. */
export type Outcome = 'asked' | 'there' | 'absent'

export const linesOf = (text: string): string[][] => (text === '' ? [] : text.split('\n').map(line => line.split('\t')))
