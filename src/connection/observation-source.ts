/** Where an observation, and so a time on a span, comes from: the value of `synfin.observation.source`. */
export type ObservationSource = 'ebpf' | 'sock_diag' | 'procfs' | 'netstat' | 'userland';
