/** What the renderer needs of a ConfigMap. */
export interface ConfigMapLike {
  metadata: {
    name: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    resourceVersion?: string;
  };
  data?: Record<string, string>;
}

/** Something the network team must put right; no tenant is to blame. */
export interface PlatformProblem {
  message: string;
  /** Name of the ConfigMap. */
  source?: string;
  template?: string;
  /** From 1. */
  line?: number;
}
