import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'

/** What a span may say: words and numbers that hold no address, no login, no token, and no path with any of them. */
export type { Attributes } from '@opentelemetry/api'

export interface Tracing {
  /** For BullMQ's queues and workers: a job goes on with the trace of the call that added it. */
  telemetry: unknown
  /** A call that came in: goes on with the caller's trace where `headers` name one (W3C Trace Context). */
  serve<T>(name: string, headers: Record<string, string>, work: (span: SpanWriter) => Promise<T>): Promise<T>
  /** A call that goes out, inside whatever is under way. */
  call<T>(name: string, work: (span: SpanWriter) => Promise<T>): Promise<T>
  /** Sends what is left. */
  close(): Promise<void>
}

export interface SpanWriter {
  name(text: string): void
  set(attributes: Attributes): void
  /** Marks the span as failed, with a word and no more. */
  fail(word: string): void
}

/**
 * Starts tracing for this process. `to` says whether spans go to a collector (OTLP over HTTP) or to standard output, for
 * looking at them. The OpenTelemetry SDK reads the rest from the standard `OTEL_*` variables by itself: the collector's
 * address, how to sample, what the service is called (`service` unless told).
 */
export async function startTracing(service: string, to: 'otlp' | 'console'): Promise<Tracing> {
  // Some 15 MB of code: only where somebody wants it.
  const [{ NodeTracerProvider, ...sdk }, { OTLPTraceExporter }, resources, { BullMQOtel }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('bullmq-otel'),
    ])
  const named = resources.resourceFromAttributes({ 'service.name': service })
  const told = resources.detectResources({ detectors: [resources.envDetector] })
  const provider = new NodeTracerProvider({
    resource: resources.defaultResource().merge(named).merge(told),
    spanProcessors: [
      to === 'console'
        ? new sdk.SimpleSpanProcessor(new sdk.ConsoleSpanExporter())
        : new sdk.BatchSpanProcessor(new OTLPTraceExporter()),
    ],
  })
  provider.register()
  const tracer = trace.getTracer('sparekey')

  async function run<T>(span: Span, work: (span: SpanWriter) => Promise<T>): Promise<T> {
    try {
      return await context.with(trace.setSpan(context.active(), span), () => work(writer(span)))
    } catch (error) {
      // Not recordException: an error's message may hold what no trace may.
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' })
      throw error
    } finally {
      span.end()
    }
  }

  return {
    telemetry: new BullMQOtel({ tracerName: 'sparekey' }),
    serve: (name, headers, work) => {
      const caller = propagation.extract(ROOT_CONTEXT, headers)
      return context.with(caller, () => run(tracer.startSpan(name, { kind: SpanKind.SERVER }), work))
    },
    call: (name, work) => run(tracer.startSpan(name, { kind: SpanKind.CLIENT }), work),
    close: () => provider.shutdown(),
  }
}

function writer(span: Span): SpanWriter {
  return {
    name: text => void span.updateName(text),
    set: attributes => void span.setAttributes(attributes),
    fail: word => void span.setStatus({ code: SpanStatusCode.ERROR, message: word }),
  }
}
