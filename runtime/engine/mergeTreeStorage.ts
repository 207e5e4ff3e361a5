import { MemoryStorage } from '../catalog/storages.ts'
export const mergeTreeEngines: readonly string[] = ['MergeTree']
export async function createMergeTree(..._args: unknown[]) { return { storage: new MemoryStorage(), virtualColumns: [] } }
export class MergeTreeStorage extends MemoryStorage { async partition(_a: string, _b: string) {} }
export async function partitionIdOf(..._args: unknown[]) { return '' }
