/**
 * The database budget of one request. Calls are charged when they are sent, and the budget is checked
 * before the next one starts. It counts rows that were read, not rows that were found.
 */
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";

/** How much of each kind a request may use. */
export interface Bounds {
  /** Statements sent. */
  readonly statements: number;
  /** Rows read, as the database counts them. */
  readonly rowsRead: number;
  /** Rows tested one by one outside the database. */
  readonly rowsTested: number;
  /** Comparisons within documents, by conditions and projections. */
  readonly comparisons: number;
  /** Milliseconds of database time. */
  readonly millis: number;
}

/** The bounds of a request whose response is sent as a whole. */
export const ANSWER_BOUNDS: Bounds = {
  statements: LIMITS.requestStatementsMax,
  rowsRead: LIMITS.requestRowsMax,
  rowsTested: LIMITS.residualRowsMax,
  comparisons: LIMITS.comparisonsMax,
  millis: LIMITS.requestMillisMax,
};

/**
 * The bounds of background work, such as an export. Its calls are short and sequential, so that calls
 * of other requests run between them.
 */
export const WORK_BOUNDS: Bounds = {
  statements: LIMITS.workStatementsMax,
  rowsRead: Number.POSITIVE_INFINITY,
  rowsTested: Number.POSITIVE_INFINITY,
  comparisons: Number.POSITIVE_INFINITY,
  millis: LIMITS.workMillisMax,
};

/** No bounds: for work that is bounded otherwise. */
const UNBOUNDED: Bounds = {
  statements: Number.POSITIVE_INFINITY,
  rowsRead: Number.POSITIVE_INFINITY,
  rowsTested: Number.POSITIVE_INFINITY,
  comparisons: Number.POSITIVE_INFINITY,
  millis: Number.POSITIVE_INFINITY,
};

/** The cost of a call. */
export interface Cost {
  readonly rowsRead: number;
  readonly millis: number;
}

/** The budget of a request is spent. The call that exceeded it was not made. */
export class BudgetSpent extends AppError {
  constructor(message: string) {
    super("too_large", message);
    this.name = "BudgetSpent";
  }
}

const SPLIT = "Narrow the filters, or ask for less in one request.";

/**
 * The message for each kind. For rows and milliseconds it names only the bound: what was used depends
 * on rows that the caller may not see.
 */
const REASONS: Readonly<Record<keyof Bounds, (bound: number, used: number) => string>> = {
  statements: (bound, used) =>
    `A request takes at most ${bound} statements of the database; this one has used ${used} and needs more. Send its parts as several requests.`,
  rowsRead: (bound) =>
    `A request reads at most ${bound} rows of the database; this one needs more. ${SPLIT}`,
  rowsTested: (bound, used) =>
    `Rows that the database alone cannot decide on are tested one by one, at most ${bound} for one request; ${used} were tested. Narrow the filters by conditions that the database decides, such as comparisons and prefixes, or ask for less in one request.`,
  comparisons: (bound) =>
    `Conditions and projections make at most ${bound} comparisons within the documents of one request: elements of arrays times conditions or rules; this one needs more. Use fewer of them, or ask for fewer documents in one request.`,
  millis: (bound) =>
    `A request has at most ${bound} milliseconds of the database; this one needs more. ${SPLIT}`,
};

const KINDS = ["statements", "rowsRead", "rowsTested", "comparisons", "millis"] as const;

/** Comparisons after which the request yields to others: some hundredths of a second. */
const COMPARISONS_PER_TURN = 500_000;

/** The bounds of one run of the Cron Trigger, which its jobs share. */
export const TURN_BOUNDS: Bounds = { ...UNBOUNDED, statements: LIMITS.requestStatementsMax };

/** The budget of one request: all its sessions share it. */
export class Budget {
  #bounds: Bounds;
  readonly #whole: Budget | undefined;
  readonly #used = { statements: 0, rowsRead: 0, rowsTested: 0, comparisons: 0, millis: 0 };
  #comparedInTurn = 0;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param whole the budget that this one is part of; statements are charged to both. */
  constructor(bounds: Bounds = UNBOUNDED, whole?: Budget) {
    this.#bounds = bounds;
    this.#whole = whole;
  }

  /** Continues with other bounds, counted from here. The platform's bound still counts all statements. */
  widen(bounds: Bounds): void {
    this.renew();
    const statements = this.#used.statements + bounds.statements;
    this.#bounds = {
      ...bounds,
      statements: Math.min(statements, LIMITS.requestStatementsMax),
    };
  }

  /**
   * Resets everything except statements, all of which the platform counts: a part of a streamed
   * response was sent, and its reader requests the next.
   */
  renew(): void {
    this.#used.rowsRead = 0;
    this.#used.rowsTested = 0;
    this.#used.comparisons = 0;
    this.#used.millis = 0;
  }

  /** The number of statements that may still be sent. */
  get statementsLeft(): number {
    return Math.max(0, this.#bounds.statements - this.#used.statements);
  }

  /**
   * Checks that another call may start.
   *
   * @throws BudgetSpent naming the spent bound and the cure.
   */
  requireRoom(): void {
    for (const kind of KINDS) {
      if (this.#used[kind] >= this.#bounds[kind]) this.#fail(kind);
    }
  }

  /** Counts rows that were tested one by one. */
  test(rows: number): void {
    this.#used.rowsTested += rows;
  }

  /**
   * Counts comparisons before they are made.
   *
   * @throws BudgetSpent at once when they exceed the bound, because comparisons use CPU time directly.
   */
  readonly compare = (count: number): void => {
    this.#used.comparisons += count;
    this.#comparedInTurn += count;
    if (this.#used.comparisons > this.#bounds.comparisons) this.#fail("comparisons");
  };

  /** Called between documents: yields to other requests after many comparisons. */
  async giveTurn(): Promise<void> {
    if (this.#comparedInTurn < COMPARISONS_PER_TURN) return;
    this.#comparedInTurn = 0;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 0);
    });
  }

  /** Charges the cost of a call. */
  charge({ rowsRead, millis }: Cost): void {
    this.#used.rowsRead += rowsRead;
    this.#used.millis += millis;
  }

  /**
   * Runs a call of some statements. At most `callsAtOnceMax` calls of a request run at the same time,
   * so that calls of other requests run between them.
   *
   * @param due true: the call has to follow completed work, and only the platform's bound applies.
   * @throws BudgetSpent before the call is made.
   */
  async run<T>(statements: number, due: boolean, call: () => Promise<T>): Promise<T> {
    if (!due) this.requireRoom();
    this.#take(statements, due);
    await this.#turn();
    try {
      return await call();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #take(statements: number, due: boolean): void {
    const bound = due ? LIMITS.invocationStatementsMax : this.#bounds.statements;
    if (this.#used.statements + statements > bound) this.#fail("statements");
    if (this.#whole !== undefined) this.#whole.#take(statements, due);
    this.#used.statements += statements;
  }

  /** Waits for a free slot; a call that ends passes its slot to the next waiting one. */
  async #turn(): Promise<void> {
    if (this.#running < LIMITS.callsAtOnceMax) {
      this.#running += 1;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #fail(kind: keyof Bounds): never {
    throw new BudgetSpent(REASONS[kind](this.#bounds[kind], this.#used[kind]));
  }
}
