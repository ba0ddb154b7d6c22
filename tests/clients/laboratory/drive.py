"""The command of a `lab run`: CLIENT FOLDER. Visits every scenario as often as it needs, and writes
to FOLDER/said.json what the client said of each: null, or its own name of its refusal. What it was
about stays in FOLDER/lab.json."""

import json
import os
import pathlib
import sys

from laboratory import browsers, clients
from laboratory.clients import Visit
from lib.waiting import deadline_s
from visit.client import Site

CLIENTS = {
    "curl": clients.curl,
    "curl-gnutls": clients.curl_gnutls,
    "wget": clients.wget,
    "openssl": clients.openssl,
    "gnutls-cli": clients.gnutls,
    "tstclnt": clients.tstclnt,
    "python": clients.python,
    "java": clients.java,
    "node": clients.node,
    "go": clients.go,
    "php": clients.php,
    "perl": clients.perl,
    "chromium": browsers.chromium,
    "firefox": browsers.firefox,
}
# Enough for whatever will end; what will not costs that much time.
PATIENCE_S, PATIENCE_WITH_SILENCE_S = 60, 2


def visit_of(scenario):
    patience_s = PATIENCE_WITH_SILENCE_S if scenario["scenario"] == "stalls" else PATIENCE_S
    return Visit(Site(scenario["host"], scenario["port"]), deadline_s(patience_s))


def main(name, folder):
    for variable in [*os.environ]:
        if variable.lower().endswith("_proxy"):
            del os.environ[variable]
    os.environ["LC_ALL"] = "C.UTF-8"
    described = pathlib.Path(os.environ["MAILSTORED_LAB_JSON"]).read_text()
    (folder / "lab.json").write_text(described)
    scenarios = json.loads(described)["scenarios"]
    turns = [scenario for scenario in scenarios for _ in range(scenario["connections"])]
    codes = CLIENTS[name](folder, [visit_of(scenario) for scenario in turns])
    said = {}
    for scenario, code in zip(turns, codes, strict=True):  # one refusal is enough
        said[scenario["scenario"]] = said.get(scenario["scenario"]) or code
    (folder / "said.json").write_text(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
