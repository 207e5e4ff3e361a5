/** What a path that does not exist answers. */
export function helpText(path: string, origin: string): string {
  return `There is no handle ${path}

Use / or /ping for health checks.
Or /replicas_status for more sophisticated health checks.

Send queries from your program with POST method or GET /?query=...

Use granary client:

granary client --url ${origin} --query 'SELECT 1'
granary local --query 'SELECT 1'

Or any program that speaks ClickHouse's HTTP interface:

echo 'SELECT 1' | curl '${origin}/' --data-binary @-
curl '${origin}/?query=SELECT%201'
`
}
