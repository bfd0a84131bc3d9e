import { type Step, step } from "../step.ts";
import profileContent from "./files/profile.sh" with { type: "text" };
import rcContent from "./files/rc.sh" with { type: "text" };
import profileText from "./profile.sh" with { type: "text" };

/** What a user's login and interactive shells read of ours. Runs as that user. */
export const profile = (user: string): Step =>
  step(
    "user/profile",
    profileText,
    { PROFILE: profileContent, RC: rcContent },
    { name: `shell profile of ${user}`, subject: user, user, fatal: false },
  );
