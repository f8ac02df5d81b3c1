/** What the road reports of each request it has settled. */
export interface SettledRequest {
  readonly surface: string;
  readonly model: string;
  readonly status: string;
  readonly httpStatus: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly durationMs: number;
  readonly firstByteMs: number | null;
}

export interface RequestMetrics {
  settled(request: SettledRequest): void;
  refused(surface: string, code: string): void;
}
