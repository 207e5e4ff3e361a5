import { defineFormat } from './format.ts'

/** What decodes Parquet is larger than what reads all other formats: it is loaded when there is a file to read. */
const load = async () => (await import('./parquet.ts')).parquetReader

export const parquetFormat = defineFormat({
  name: 'Parquet',
  contentType: () => 'application/octet-stream',
  isBinary: true,
  randomAccess: {
    inferSchema: async (source, options) => (await load()).inferSchema(source, options),
    async *read(source, schema, options, arena) {
      yield* (await load()).read(source, schema, options, arena)
    },
  },
})
