import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URL;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** ANCHORS: fetches the page of each "host port" of standard input, as any Java program would that
 * trusts these. */
public class Visits {
    public static void main(String[] arguments) throws Exception {
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (var file = new FileInputStream(arguments[0])) {
            for (var each : CertificateFactory.getInstance("X.509").generateCertificates(file))
                trusted.setCertificateEntry("anchor" + trusted.size(), each);
        }
        var managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(trusted);
        var context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        HttpsURLConnection.setDefaultSSLSocketFactory(context.getSocketFactory());
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine())
            System.out.println(line + " " + visit(line.split(" ")));
    }

    static String visit(String[] site) throws IOException {
        var url = new URL("https://" + site[0] + ":" + site[1] + "/");
        var connection = (HttpsURLConnection) url.openConnection();
        try {
            return connection.getResponseCode() == 200 ? "accepted" : "strange";
        } catch (IOException refused) {
            Throwable cause = refused;
            while (cause.getCause() != null)
                cause = cause.getCause();
            return "refused " + cause.getClass().getSimpleName() + ": " + cause.getMessage();
        }
    }
}
