"use strict";

/* Asks the browser whether it trusts this connection. Chromium and its kin let a page register a
   service worker only over a connection without a certificate error, also if its visitor chose to
   go on all the same; other browsers let it in any case, so they are not asked. The page holds every
   answer from the beginning; this shows the right one. */
(() => {
    const script = "/trust-worker.js";
    const scope = "/trust-probe/"; /* nothing is there, so no page is ever under the worker */
    const patience_ms = 10000;

    const show = (verdict) => {
        for (const element of document.querySelectorAll("[data-verdict]"))
            element.hidden = !element.dataset.verdict.split(" ").includes(verdict);
    };

    const tells = () =>
        "serviceWorker" in navigator &&
        Boolean(navigator.userAgentData?.brands.some((each) => each.brand === "Chromium"));

    /* One that is registered already would be found without asking the server. */
    const forget = async () => (await navigator.serviceWorker.getRegistration(scope))?.unregister();

    const attempt = async () => {
        await forget();
        try {
            await navigator.serviceWorker.register(script, { scope, updateViaCache: "none" });
            return "trusted";
        } catch (error) {
            /* Settings and policies forbid workers, too, in other words. */
            return /SSL certificate error/.test(error.message) ? "refused" : "silent";
        } finally {
            await forget();
        }
    };

    /* What is neither may be of the moment: a connection that broke. */
    const ask = async (attempts = 3) => {
        const verdict = await attempt();
        return verdict === "silent" && attempts > 1 ? ask(attempts - 1) : verdict;
    };

    if (!tells()) {
        show("silent");
        return;
    }
    const late = setTimeout(() => show("silent"), patience_ms);
    ask().catch(() => "silent").then((verdict) => {
        clearTimeout(late);
        show(verdict);
    });
})();
