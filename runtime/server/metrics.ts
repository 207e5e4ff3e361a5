import type { Metric } from '../engine/contract.ts'

/** Prometheus' text form. */
export function printMetrics(metrics: readonly Metric[]): string {
  return metrics
    .map(
      ({ name, about, kind, value }) =>
        `# HELP ${name} ${about.replace(/[\\\n]/g, ' ')}\n# TYPE ${name} ${kind}\n${name} ${value}\n`,
    )
    .join('')
}
