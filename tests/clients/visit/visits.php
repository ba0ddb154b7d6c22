<?php
// Fetches the page of each "host port seconds" of standard input, as any PHP program would, and
// says what came of it.

/** The words of the first warning tell why, the later ones that it went wrong. */
function visit(string $host, string $port, string $seconds): string {
    $warnings = [];
    set_error_handler(function (int $kind, string $words) use (&$warnings): bool {
        $warnings[] = preg_replace('/^.*?: |\s+/', ' ', $words);
        return true;
    });
    ini_set('default_socket_timeout', $seconds);
    $page = file_get_contents("https://$host:$port/");
    restore_error_handler();
    if ($page !== false)
        return str_contains($http_response_header[0], ' 200 ') ? 'accepted' : 'strange';
    return 'refused ' . trim($warnings[0] ?? 'without a word');
}

while ($line = fgets(STDIN)) {
    [$host, $port, $seconds] = explode(' ', trim($line));
    echo "$host $port ", visit($host, $port, $seconds), "\n";
}
