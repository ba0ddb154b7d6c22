// Our client in the laboratory: does it refuse what it must refuse, and accept what is fine?
//
//     mailstorectl lab run --known known.txt -- node --test tls.test.mjs

import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import test from 'node:test';

// The client under test. Put yours here: it must ask for the page, on a connection of its own, and
// reject if it does not come.
function fetchPage(url) {
    return new Promise((resolve, reject) => {
        const request = https.get(url, { agent: false, timeout: 10000 }, answer => {
            answer.resume().on('end', resolve).on('error', reject);
        });
        request.on('timeout', () => request.destroy(new Error('timed out')));
        request.on('error', reject);
    });
}

// Why the client refused; undefined if it accepted.
async function refusal({ url, connections }) {
    try {
        for (let i = 0; i < connections; i++)
            await fetchPage(url);
    } catch (error) {
        return error;
    }
}

const lab = process.env.MAILSTORED_LAB_JSON;
const { scenarios } = lab ? JSON.parse(readFileSync(lab, 'utf8')) : { scenarios: [] };

if (!lab)
    test('the laboratory', { skip: 'runs inside of mailstorectl lab run' });

for (const scenario of scenarios) {
    test(scenario.scenario, async () => {
        const refused = await refusal(scenario);
        const right = ['either', refused ? 'refuse' : 'accept'].includes(scenario.expected);
        if (scenario.known)
            assert(!right, 'it is right now: take it out of known.txt');
        else
            assert(right, `${scenario.what} ${scenario.right} (${scenario.source}) ${refused}`);
    });
}
