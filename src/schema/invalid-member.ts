/** An invalid member of a request, as the accounts and the harvest surface report it. */
import { z } from "zod";

/** Kind of the error, path and message of one invalid member. It does not repeat what was sent. */
export const InvalidMember = z.object({
  type: z.string(),
  loc: z.array(z.union([z.string(), z.number()])),
  msg: z.string(),
});
