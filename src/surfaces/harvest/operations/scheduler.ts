/** Who turns schedules into runs: one interface for the Cron Trigger and for Prefect. */

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

/** The schedule and instrument of a run. */
export type Subjects = Pick<Deployment, "scheduleId" | "instrumentId">;

/** An external scheduler. Its calls throw when it cannot be reached or refuses. */
export interface RemoteScheduler {
  /** Creates the deployment of a schedule; returns its id. */
  readonly deploy: (deployment: Deployment) => Promise<string>;
  readonly reschedule: (id: string, timing: Timing) => Promise<void>;
  /** Removes it; one that is gone already is no error. */
  readonly remove: (id: string) => Promise<void>;
  /** Starts a run now; returns its id. */
  readonly trigger: (id: string, subjects: Subjects) => Promise<string>;
  /** The schedule and instrument of a run; undefined when there is no such run. */
  readonly subjects: (runId: string) => Promise<Subjects | undefined>;
}
