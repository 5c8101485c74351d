/**
 * Every name that telemetry carries. The stable ones are OpenTelemetry's (semantic conventions 1.45.0), copied as its
 * own instrumentations do, so that no package is loaded for a few strings; ours begin with `synfin.`.
 */
export const attribute = {
  networkTransport: 'network.transport',
  networkType: 'network.type',
  networkLocalAddress: 'network.local.address',
  networkLocalPort: 'network.local.port',
  networkPeerAddress: 'network.peer.address',
  networkPeerPort: 'network.peer.port',
  networkConnectionState: 'network.connection.state',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  clientAddress: 'client.address',
  clientPort: 'client.port',
  errorType: 'error.type',
  connectionId: 'synfin.connection.id',
  connectionAge: 'synfin.connection.age',
  connectionReused: 'synfin.connection.reused',
  connectionDuration: 'synfin.connection.duration',
  inferred: 'synfin.inferred',
  observationSource: 'synfin.observation.source',
  role: 'synfin.tcp.role',
  rtt: 'synfin.tcp.rtt',
  synRetransmits: 'synfin.tcp.syn.retransmits',
  connectAttempt: 'synfin.tcp.connect.attempt',
  closeInitiator: 'synfin.tcp.close.initiator',
  closeType: 'synfin.tcp.close.type',
  retransmits: 'synfin.tcp.retransmits',
  bytesSent: 'synfin.tcp.bytes.sent',
  bytesReceived: 'synfin.tcp.bytes.received',
  statePrevious: 'synfin.tcp.state.previous',
} as const;

/** Attributes that are on log records alone. */
export const logAttribute = {
  findingId: 'synfin.finding.id',
  findingStatus: 'synfin.finding.status',
  findingAge: 'synfin.finding.age',
  findingAffected: 'synfin.finding.affected',
  findingGrowthRate: 'synfin.finding.growth_rate',
  findingShare: 'synfin.finding.share',
  findingLimit: 'synfin.finding.limit',
  findingConfidence: 'synfin.finding.confidence',
  findingAdvice: 'synfin.finding.advice',
  forecastLimit: 'synfin.finding.forecast.limit',
  forecastReachedIn: 'synfin.finding.forecast.reached_in',
  leakAge: 'synfin.leak.age',
  codeFunctionName: 'code.function.name',
  codeFilePath: 'code.file.path',
  codeLineNumber: 'code.line.number',
  codeColumnNumber: 'code.column.number',
  codeStacktrace: 'code.stacktrace',
} as const;

export const spanName = { handshake: 'tcp.handshake', teardown: 'tcp.teardown' } as const;

export const eventPrefix = 'synfin.tcp.';
export const stateChangeEvent = 'synfin.tcp.state.change';
