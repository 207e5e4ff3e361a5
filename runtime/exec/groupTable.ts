export { GroupTable } from '../columns/groupTable.ts'
