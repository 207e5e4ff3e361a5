// Who asks, until the browser tab is closed.
import type { Account } from '../net/server.ts'

const key = 'granary.account'

export function recallAccount(): Account {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? '') as Account
  } catch {
    return { user: 'default', password: '' }
  }
}

export function keepAccount(account: Account): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(account))
  } catch {
    // Then it is asked for again.
  }
}
