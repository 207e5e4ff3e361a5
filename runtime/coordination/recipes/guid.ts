import type { RecipePlatform } from './backOff.ts'

/** 32 hexadecimal digits that nobody else has. */
export function guid(platform: RecipePlatform): string {
  return [...platform.randomBytes(16)].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
