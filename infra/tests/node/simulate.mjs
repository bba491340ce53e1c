// Reads [simulation] from standard input; writes [decision]: Allowed, ImplicitlyDenied or ExplicitlyDenied.
import { text } from "node:stream/consumers";
import { runSimulation } from "@cloud-copilot/iam-simulate";

// A request that IAM does not know, or a condition key that it ignores, is an error and no denial.
async function decide(simulation) {
  const answer = await runSimulation(simulation, {});
  const ignored = answer.result?.ignoredContextKeys ?? [];
  if (answer.resultType !== "single" || ignored.length > 0)
    throw new Error(JSON.stringify({ request: simulation.request, ignored, errors: answer.errors }));
  return answer.overallResult;
}

const simulations = JSON.parse(await text(process.stdin));
const decisions = [];
for (const simulation of simulations) decisions.push(await decide(simulation));
process.stdout.write(JSON.stringify(decisions));
