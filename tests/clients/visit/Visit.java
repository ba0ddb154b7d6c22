import java.io.IOException;
import java.net.URL;
import javax.net.ssl.HttpsURLConnection;

/** Fetches a page as any Java program would; whom to trust is the virtual machine's setting. */
public class Visit {
    public static void main(String[] arguments) throws IOException {
        var connection = (HttpsURLConnection) new URL(arguments[0]).openConnection();
        try {
            System.out.println("status " + connection.getResponseCode());
        } catch (IOException refused) {
            Throwable cause = refused;
            while (cause.getCause() != null)
                cause = cause.getCause();
            System.out.println(
                    "refused " + cause.getClass().getSimpleName() + ": " + cause.getMessage());
        }
    }
}
