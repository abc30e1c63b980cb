/** One request to the daemon; `path` begins with `/v1/`. */
export interface SidecarRequest {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  path: string;
  body?: unknown;
}

/** What came back; status 0 says that nobody answered. */
export interface SidecarAnswer {
  status: number;
  body?: unknown;
}

export type Transport = (request: SidecarRequest) => Promise<SidecarAnswer>;
export type Mode = "rating" | "comparison" | "error" | "request";

/** A record without the words of a person or an error. */
export type SentRecord = { feedback_type: string } & { [field: string]: unknown };

export interface KeptDetail {
  /** Null until the daemon has answered. Save it, with the value, to show the rating again on another day. */
  feedbackId?: string;
  record: SentRecord;
  /** It waits in this browser; the event comes again when it was delivered. */
  queued: boolean;
}

export interface ChangedDetail {
  feedbackId?: string;
  change: { rating?: number; thumb?: "up" | "down"; reasons?: string[]; task_category?: string };
  queued: boolean;
}

export interface UndoneDetail {
  feedbackId?: string;
  undo: true;
  queued: boolean;
}

export interface RefusedDetail {
  status: number;
  /** RFC 9457 problem. */
  problem: unknown;
}

export interface FeedbackSidecarEventMap {
  "feedback-asked": CustomEvent<Record<string, never>>;
  "feedback-dismissed": CustomEvent<Record<string, never>>;
  "feedback-kept": CustomEvent<KeptDetail>;
  "feedback-changed": CustomEvent<ChangedDetail>;
  "feedback-undone": CustomEvent<UndoneDetail>;
  "feedback-refused": CustomEvent<RefusedDetail>;
  "feedback-unpaired": CustomEvent<{ origin: string }>;
}

export class FeedbackSidecar extends HTMLElement {
  /** Let questions show up by themselves again, after somebody said no; null where the browser stores nothing. */
  static askAgain(productId?: string): true | null;

  mode?: Mode;
  scale?: "stars" | "thumbs";
  model?: string;
  modelA?: string;
  modelB?: string;
  task?: string;
  variant?: string;
  variantA?: string;
  variantB?: string;
  productId?: string;
  productVersion?: string;
  runsOn?: "local" | "remote" | "cloud";
  runtime?: string;
  runtimeVersion?: string;
  errorType?: string;
  category?: string;
  endpoint?: string;
  theme?: "light" | "dark";
  feedbackId?: string;
  value?: string;
  asks: boolean;
  localOnly: boolean;

  /** Goes to the daemon, which scrubs it; never stored in the browser. */
  errorMessage?: string;
  /** Delivers instead of fetch. */
  transport?: Transport;
  /** The record as it is sent, or would be. */
  readonly record: SentRecord;

  /** Take back what was said, at any time. */
  undo(): Promise<void>;

  addEventListener<K extends keyof FeedbackSidecarEventMap>(
    type: K,
    listener: (this: FeedbackSidecar, event: FeedbackSidecarEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

export interface Rhythm {
  first_after: number;
  then_every: number;
  most_per_day: number;
  stop_after_noes: number;
}

/** What is remembered of the asking, for one product. */
export interface Told {
  day: string;
  asked: number;
  kinds: Record<string, { seen: number; at?: number; noes: number; ofDay: number }>;
}

/** Whether a question may show up by itself, and what to remember. Pure. */
export function occasion(
  rhythm: Rhythm,
  mostPerDay: number,
  told: Told | null,
  kind: string,
  day: string,
): [boolean, Told];

declare global {
  interface HTMLElementTagNameMap {
    "feedback-sidecar": FeedbackSidecar;
  }
  interface HTMLElementEventMap extends FeedbackSidecarEventMap {}
}
