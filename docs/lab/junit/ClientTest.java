import com.google.gson.Gson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Our client in the laboratory: does it refuse what it must refuse, and accept what is fine? */
@EnabledIfEnvironmentVariable(named = "MAILSTORED_LAB_JSON", matches = ".+",
                              disabledReason = "runs inside of mailstorectl lab run")
class ClientTest {
    record Lab(Scenario[] scenarios) {}

    record Scenario(String scenario, String expected, String url, int connections,
                    String what, String right, String source, String known) {
        @Override public String toString() { return scenario; }
    }

    /** The client under test. Put yours here: it must ask for the page, on a connection of its own,
     *  and throw an IOException if it does not come. */
    static void fetch(String url) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(10));
        HttpClient.newHttpClient().send(request.build(), BodyHandlers.discarding());
    }

    static Stream<Scenario> scenarios() throws IOException {
        var text = Files.readString(Path.of(System.getenv("MAILSTORED_LAB_JSON")));
        return Stream.of(new Gson().fromJson(text, Lab.class).scenarios());
    }

    /** Why the client refused; null if it accepted. */
    static IOException refusal(Scenario scenario) throws InterruptedException {
        try {
            for (int i = 0; i < scenario.connections(); i++)
                fetch(scenario.url());
        } catch (IOException refused) {
            return refused;
        }
        return null;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scenarios")
    void client(Scenario scenario) throws InterruptedException {
        var refused = refusal(scenario);
        var did = refused != null ? "refuse" : "accept";
        var right = scenario.expected().equals(did) || scenario.expected().equals("either");
        if (scenario.known() != null)
            assertFalse(right, "it is right now: take it out of known.txt");
        else
            assertTrue(right, scenario.what() + " " + scenario.right() +
                              " (" + scenario.source() + ") " + refused);
    }
}
