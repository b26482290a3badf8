// An app of somebody else's making, with one of each thing that people do with apps. What it is told it tells again, so
// that a test can see that it understood.
import bolt from '@slack/bolt';

const { SLACK_API_URL, SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET, SLACK_APP_TOKEN, PORT } = process.env;
const app = new bolt.App({
	token: SLACK_BOT_TOKEN,
	signingSecret: SLACK_SIGNING_SECRET,
	appToken: SLACK_APP_TOKEN,
	socketMode: Boolean(SLACK_APP_TOKEN),
	clientOptions: { slackApiUrl: SLACK_API_URL },
});
const button = { type: 'actions', elements: [{ type: 'button', action_id: 'press', value: 'v1', text: { type: 'plain_text', text: 'Press' } }] };
const modal = {
	type: 'modal', callback_id: 'form', private_metadata: 'meta', title: { type: 'plain_text', text: 'Tell' },
	submit: { type: 'plain_text', text: 'Send' }, close: { type: 'plain_text', text: 'Cancel' },
	blocks: [{ type: 'input', block_id: 'what', label: { type: 'plain_text', text: 'What?' }, element: { type: 'plain_text_input', action_id: 'text' } }],
};

app.event('app_mention', ({ event, say }) => say({ text: `mentioned by ${event.user}`, thread_ts: event.ts, blocks: [button] }));
app.message('ping', ({ message, say }) => say(`heard ${message.text}`));
app.event('reaction_added', ({ event, client }) => client.reactions.add({ channel: event.item.channel, timestamp: event.item.ts, name: 'eyes' }));
app.command('/postmortem', async ({ ack, command, respond }) => {
	await ack();
	await respond(`you said ${command.text}`);
});
app.action('press', async ({ ack, body, action, client }) => {
	await ack();
	await client.views.open({ trigger_id: body.trigger_id, view: { ...modal, private_metadata: action.value } });
});
app.view('form', async ({ ack, view, client, body }) => {
	const text = view.state.values.what.text.value;
	if (text === 'wrong') return ack({ response_action: 'errors', errors: { what: 'not that' } });
	await ack();
	const { messages } = await client.conversations.history({ channel: 'C0OPS', limit: 1 });
	await client.chat.postMessage({ channel: body.user.id.replace('U', 'D'), text: `${view.private_metadata}: ${text}, after ${messages.length}` });
});
await app.start(Number(PORT));
