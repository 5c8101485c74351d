/** Headers of the propagators that OpenTelemetry has, each of which holds the id of the span. */
const propagation = new Set(['traceparent', 'b3', 'x-b3-spanid', 'uber-trace-id', 'x-amzn-trace-id']);

/** Whether a propagator has written into the headers of an undici request. */
export function isPropagated(request: object): boolean {
  return written(request).length > 0;
}

/** Whether the headers carry this span: an application may have passed on others before. */
export function carries(request: object, spanId: string): boolean {
  return written(request).some((value) => value.includes(spanId));
}

/** undici has names and values in turn. */
function written(request: object): readonly string[] {
  const { headers } = request as { headers?: unknown };
  if (!Array.isArray(headers)) return [];
  return headers.flatMap((value, at) =>
    at % 2 === 1 && propagation.has(String(headers[at - 1]).toLowerCase()) ? [String(value)] : [],
  );
}
