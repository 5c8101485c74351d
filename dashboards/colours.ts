import { type Threshold, ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';

/** Of Okabe and Ito's palette, which people tell apart who see no red, no green or no blue. */
export const colour = {
  fine: '#56B4E9',
  warning: '#E69F00',
  critical: '#D55E00',
  plain: '#999999',
  blue: '#0072B2',
  green: '#009E73',
  purple: '#CC79A7',
} as const;

/** From these values on it is a warning, and critical. */
export function thresholds(warning: number, critical?: number): ThresholdsConfigBuilder {
  const steps: Threshold[] = [
    { value: null, color: colour.fine },
    { value: warning, color: colour.warning },
    ...(critical === undefined ? [] : [{ value: critical, color: colour.critical }]),
  ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}
