// Every message and form of the golden files, as Slack's own types have them: what the types do not know is an error of
// the compiler.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const made = join('node_modules', '.golden');
mkdirSync(made, { recursive: true });
const files = process.argv.slice(2).flatMap((folder) => {
	const here = readdirSync(folder).filter((f) => f.endsWith('.json')).sort();
	if (here.length === 0) throw new Error(`no golden files in ${folder}`);
	return here.map((f) => join(folder, f));
});

// A message is a list of parts, each with blocks; anything else is a view.
// The types forget a field of lists that is documented: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
const lines = [
	`import type { HomeView, KnownBlock, ModalView } from '@slack/types';`,
	`declare module '@slack/types' { interface RichTextList { offset?: number } }`,
	'',
];
let count = 0;
for (const f of files) {
	const text = readFileSync(f, 'utf8').trim();
	const what = JSON.parse(text);
	const type = Array.isArray(what) ? '{ text: string; blocks: KnownBlock[] }[]' : what.type === 'home' ? 'HomeView' : 'ModalView';
	lines.push(`// ${f}`, `export const golden${++count}: ${type} = ${text};`, '');
}
const source = join(made, 'golden.ts');
writeFileSync(source, lines.join('\n'));
const tsc = ['node_modules/typescript/bin/tsc', '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck'];
const { status } = spawnSync(process.execPath, [...tsc, source], { stdio: 'inherit' });
if (status !== 0) process.exit(1);
console.log(`${count} golden files are of Slack's types`);
