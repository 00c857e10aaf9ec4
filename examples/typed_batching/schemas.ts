import { z } from "zod";

/** A review to classify. */
export const review = z.object({
  text: z.string().trim().min(1).max(1000),
  stars: z.number().int().min(1).max(5).default(3),
});

/** What the classifier says of a review. */
export const opinion = z.object({
  text: z.string(),
  mood: z.enum(["good", "bad", "neutral"]),
  certainty: z.number().min(0).max(1),
});

/** Parameters of a request: a mood that is less certain is neutral. */
export const settings = z.object({ threshold: z.number().min(0).max(1).default(0.5) });
