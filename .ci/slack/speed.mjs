// An app of Bolt for JavaScript that makes what Slack sends durable before it acknowledges it, as the bare handler of
// cmd/debrief's BenchmarkHTTP does: one insert by the event's id. It says its address, and at /used the processor time
// that it has used, in nanoseconds. Run by .ci/speed.
import bolt from "@slack/bolt";
import { Binary, MongoClient } from "mongodb";

const client = await MongoClient.connect(process.env.DEBRIEF_TEST_MONGO_URI);
const kept = client
  .db(process.env.DEBRIEF_TEST_DATABASE)
  .collection("kept", { writeConcern: { w: "majority", journal: true } });

const receiver = new bolt.HTTPReceiver({
  signingSecret: "fake-signing-secret-7f3a",
  endpoints: ["/slack/events"],
  processBeforeResponse: true,
  logLevel: bolt.LogLevel.ERROR,
  customRoutes: [
    {
      path: "/used",
      method: ["GET"],
      handler: (_, res) => {
        const used = process.cpuUsage();
        res.end(String((used.user + used.system) * 1000));
      },
    },
  ],
});
const app = new bolt.App({
  receiver,
  logLevel: bolt.LogLevel.ERROR,
  authorize: async () => ({ botToken: "xoxb-not-a-secret", botId: "B0DEBRIEF", botUserId: "U0DEBRIEF" }),
});

async function keep({ body }) {
  try {
    await kept.insertOne({ _id: body.event_id, at: new Date(), body: new Binary(Buffer.from(JSON.stringify(body))) });
  } catch (err) {
    if (err.code !== 11000) throw err; // it is there already
  }
}
app.event("reaction_added", keep);
app.event("message", keep);

const server = await app.start({ port: 0, host: "127.0.0.1" });
console.log(`127.0.0.1:${server.address().port}`);
process.on("SIGTERM", () => process.exit(0));
