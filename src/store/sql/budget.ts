/**
 * What one request may cost the database, whatever it consists of: charged where calls are sent, and
 * asked before more is begun. It counts what was looked at, not what was found.
 */
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";

/** How much of each kind a request may use. */
export interface Bounds {
  /** Statements that are sent. */
  readonly statements: number;
  /** Rows that the database reads, as it counts them. */
  readonly rowsRead: number;
  /** Rows that are tested one by one outside of the database. */
  readonly rowsTested: number;
  /** Comparisons that conditions and projections make within documents. */
  readonly comparisons: number;
  /** Milliseconds for which the database works. */
  readonly millis: number;
}

/** The bounds of a request that is answered as a whole. */
export const ANSWER_BOUNDS: Bounds = {
  statements: LIMITS.requestStatementsMax,
  rowsRead: LIMITS.requestRowsMax,
  rowsTested: LIMITS.residualRowsMax,
  comparisons: LIMITS.comparisonsMax,
  millis: LIMITS.requestMillisMax,
};

/**
 * The bounds of work behind an answer, such as an export. Its calls are short, one after the other,
 * and those of others get their turn between them.
 */
export const WORK_BOUNDS: Bounds = {
  statements: LIMITS.workStatementsMax,
  rowsRead: Number.POSITIVE_INFINITY,
  rowsTested: Number.POSITIVE_INFINITY,
  comparisons: Number.POSITIVE_INFINITY,
  millis: LIMITS.workMillisMax,
};

/** No bounds: for what is bounded by itself. */
const UNBOUNDED: Bounds = {
  statements: Number.POSITIVE_INFINITY,
  rowsRead: Number.POSITIVE_INFINITY,
  rowsTested: Number.POSITIVE_INFINITY,
  comparisons: Number.POSITIVE_INFINITY,
  millis: Number.POSITIVE_INFINITY,
};

/** What a call cost. */
export interface Cost {
  readonly rowsRead: number;
  readonly millis: number;
}

/** The budget of a request is used up. Nothing that was begun after that has happened. */
export class BudgetSpent extends AppError {
  constructor(message: string) {
    super("too_large", message);
    this.name = "BudgetSpent";
  }
}

const SPLIT = "Narrow the filters, or ask for less in one request.";

/**
 * Why nothing more is begun. Rows and milliseconds of the database are told as their bound alone:
 * they depend on rows that the caller may not see.
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

/** Comparisons after which others get their turn: some hundredths of a second. */
const COMPARISONS_PER_TURN = 500_000;

/** The bounds of a turn of the clock, of which each job takes a part. */
export const TURN_BOUNDS: Bounds = { ...UNBOUNDED, statements: LIMITS.requestStatementsMax };

/** The budget of one request: all its sessions share it. */
export class Budget {
  #bounds: Bounds;
  readonly #whole: Budget | undefined;
  readonly #used = { statements: 0, rowsRead: 0, rowsTested: 0, comparisons: 0, millis: 0 };
  #comparedInTurn = 0;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param whole the budget that this one is a part of: its statements are taken from there too. */
  constructor(bounds: Bounds = UNBOUNDED, whole?: Budget) {
    this.#bounds = bounds;
    this.#whole = whole;
  }

  /** Goes on with other bounds, counted from here. The platform counts all statements. */
  widen(bounds: Bounds): void {
    this.renew();
    const statements = this.#used.statements + bounds.statements;
    this.#bounds = {
      ...bounds,
      statements: Math.min(statements, LIMITS.requestStatementsMax),
    };
  }

  /**
   * Begins anew but for statements, of which the platform counts all: a part of the answer has left,
   * and its reader asks for the next.
   */
  renew(): void {
    this.#used.rowsRead = 0;
    this.#used.rowsTested = 0;
    this.#used.comparisons = 0;
    this.#used.millis = 0;
  }

  /** Statements that may still be sent. */
  get statementsLeft(): number {
    return Math.max(0, this.#bounds.statements - this.#used.statements);
  }

  /**
   * Passes while something more may be begun.
   *
   * @throws BudgetSpent saying of what there is no more, how much was used, and what to do.
   */
  requireRoom(): void {
    for (const kind of KINDS) {
      if (this.#used[kind] >= this.#bounds[kind]) this.#refuse(kind);
    }
  }

  /** Counts rows that were tested one by one. */
  test(rows: number): void {
    this.#used.rowsTested += rows;
  }

  /**
   * Counts comparisons before they are made.
   *
   * @throws BudgetSpent for more than there may be: they take time at once, and not with the next call.
   */
  readonly compare = (count: number): void => {
    this.#used.comparisons += count;
    this.#comparedInTurn += count;
    if (this.#used.comparisons > this.#bounds.comparisons) this.#refuse("comparisons");
  };

  /** Between documents: lets others have their turn when much was compared since they had one. */
  async giveTurn(): Promise<void> {
    if (this.#comparedInTurn < COMPARISONS_PER_TURN) return;
    this.#comparedInTurn = 0;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 0);
    });
  }

  /** Counts what a call cost. */
  charge({ rowsRead, millis }: Cost): void {
    this.#used.rowsRead += rowsRead;
    this.#used.millis += millis;
  }

  /**
   * Runs a call of so many statements, a few of one request at the same time: the calls of others
   * get their turn between them.
   *
   * @param due true: it has to follow what is done already, and only the platform's bound holds.
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
    if (this.#used.statements + statements > bound) this.#refuse("statements");
    if (this.#whole !== undefined) this.#whole.#take(statements, due);
    this.#used.statements += statements;
  }

  /** Waits for a place among the calls that run; who leaves one hands it on. */
  async #turn(): Promise<void> {
    if (this.#running < LIMITS.callsAtOnceMax) {
      this.#running += 1;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #refuse(kind: keyof Bounds): never {
    throw new BudgetSpent(REASONS[kind](this.#bounds[kind], this.#used[kind]));
  }
}
