/** Who makes schedules into runs: one interface for the Cron Trigger and for Prefect. */

/** A schedule as a scheduler sees it. */
export interface Deployment {
  readonly scheduleId: string;
  readonly instrumentId: string;
  /** Null when the instrument is not known. */
  readonly instrumentName: string | null;
  readonly cron: string;
  readonly timezone: string | null;
  readonly enabled: boolean;
}

/** When a deployment runs. */
export type Timing = Pick<Deployment, "cron" | "timezone" | "enabled">;

/** The two ids that a run is about. */
export type Subjects = Pick<Deployment, "scheduleId" | "instrumentId">;

/** A scheduler outside of the store. Its calls throw when it cannot be reached or refuses. */
export interface RemoteScheduler {
  /** Makes the deployment of a schedule; answers its id. */
  readonly deploy: (deployment: Deployment) => Promise<string>;
  readonly reschedule: (id: string, timing: Timing) => Promise<void>;
  /** Removes it; one that is gone already is fine. */
  readonly remove: (id: string) => Promise<void>;
  /** Begins a run now; answers its id. */
  readonly trigger: (id: string, subjects: Subjects) => Promise<string>;
  /** What a run is about; undefined when there is no such run. */
  readonly subjects: (runId: string) => Promise<Subjects | undefined>;
}
