// A preload: an application with an OpenTelemetry SDK, which sends what it has to nobody.
import { NodeSDK } from '@opentelemetry/sdk-node';

new NodeSDK({ instrumentations: [], spanProcessors: [], autoDetectResources: false }).start();
