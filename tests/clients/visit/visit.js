"use strict";
// Fetches a page as any Node program would; names lead to this machine.
const https = require("https");

const here = {address: "127.0.0.1", family: 4};
const lookup = (name, options, found) =>
    options.all ? found(null, [here]) : found(null, here.address, here.family);

https.get(process.argv[2], {agent: false, lookup}, answer => {
    console.log("status " + answer.statusCode);
    answer.resume();
}).on("error", error => console.log(`refused ${error.code}: ${error.message}`));
