# Fetches the page of each "host port seconds" of standard input, as any Perl program would that
# looks at certificates, and says what came of it.
use strict;
use warnings;
use HTTP::Tiny;

$| = 1;
while (my $line = <STDIN>) {
    my ($host, $port, $seconds) = split ' ', $line;
    my $answer = HTTP::Tiny->new(verify_SSL => 1, timeout => $seconds)->get("https://$host:$port/");
    # 599 is its own way to tell that there was no answer.
    my ($why) = split /\n/, $answer->{status} == 599 ? $answer->{content} : $answer->{status};
    print "$host $port ", $answer->{success} ? 'accepted' : "refused $why", "\n";
}
