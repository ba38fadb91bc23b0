/* devtools.mjs: a heap snapshot in the loader of Chrome's DevTools, as its Memory tab has it.
 *
 *   node devtools.mjs WORKER FILE.heapsnapshot         prints "ALL LOST", the bytes of all and what it says is retained by
 *                                                      "(UNREACHABLE)", and "ring N" where the head of the first leak
 *                                                      leads back to itself over edges that own, by N blocks
 *   node devtools.mjs WORKER OLDER NEWER               its Comparison: "NAME +ADDED -REMOVED BYTES" for each class
 *
 * WORKER is the module front_end/entrypoints/heap_snapshot_worker, bundled. */
import fs from 'node:fs';
import path from 'node:path';
import { MessageChannel } from 'node:worker_threads';

Promise.withResolvers ??= () => {
	const made = {};
	made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
	return made;
};
const { HeapSnapshot, HeapSnapshotLoader } = await import(path.resolve(process.argv[2]));

async function load(file)
{
	const told = [];
	const loader = new HeapSnapshotLoader.HeapSnapshotLoader({ sendEvent: (name, data) => told.push(`${name}: ${JSON.stringify(data)}`) });
	for await (const chunk of fs.createReadStream(file, 'utf8'))
		loader.write(chunk);
	loader.close();
	const { port1, port2 } = new MessageChannel();
	new HeapSnapshot.SecondaryInitManager(port2);
	const snapshot = await loader.buildSnapshot(port1);
	port1.close();
	const problem = told.find(text => !text.startsWith('ProgressUpdate'));
	if (problem)
		throw new Error(problem);
	return snapshot;
}

function child(node, name)
{
	for (const edges = node.edges(); edges.hasNext(); edges.next())
		if (!name || edges.item().node().name() === name)
			return edges.item().node();
}

/* Breadth first from a block to itself. */
function ringLength(snapshot, head)
{
	const seen = new Map([[head.nodeIndex, 0]]);
	for (const index of seen.keys())
		for (const edges = snapshot.createNode(index).edges(); edges.hasNext(); edges.next()) {
			const to = edges.item().nodeIndex();
			if (to === head.nodeIndex)
				return seen.get(index) + 1;
			if (edges.item().type() === 'property' && !seen.has(to))
				seen.set(to, seen.get(index) + 1);
		}
	return 0;
}

const snapshot = await load(process.argv[3]);
if (process.argv[4]) {
	const newer = await load(process.argv[4]);
	const known = newer.interfaceDefinitions();
	const differences = newer.calculateSnapshotDiff('older', snapshot.aggregatesForDiff(known));
	for (const d of Object.values(differences))
		console.log(`${d.name} +${d.addedCount} -${d.removedCount} ${d.sizeDelta}`);
} else {
	const lost = child(snapshot.rootNode(), '(UNREACHABLE)'), leak = child(lost);
	const ring = leak && ringLength(snapshot, child(leak));
	console.log(`${snapshot.totalSize} ${lost.retainedSize()}${ring ? ` ring ${ring}` : ''}`);
}
