import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'

/** Gauges with names ending in `_total`, the suffix of counters: Prometheus's own check refuses them, and figures by type exist besides. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** The process metrics that every Prometheus dashboard for Node.js expects, under the usual names (`process_cpu_seconds_total`, `nodejs_heap_size_used_bytes`), and which build it is. */
export function processMetrics(register: Registry, version: string): void {
  collectDefaultMetrics({ register })
  for (const name of misnamed) register.removeSingleMetric(name)
  new Gauge({
    name: 'ringround_build_info',
    help: 'Always 1; which version of the engine runs, on which version of Node.js',
    labelNames: ['version', 'node'],
    registers: [register],
  }).set({ version, node: process.versions.node }, 1)
}
