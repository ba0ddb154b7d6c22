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

/** [ANCHORS]: fetches the page of each "host port seconds" of standard input, as any Java program
 * would that trusts these, or what the virtual machine was told to. */
public class Visits {
    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 0)
            trust(arguments[0]);
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            var words = line.split(" ");
            System.out.println(words[0] + " " + words[1] + " " + visit(words));
        }
    }

    static void trust(String anchors) throws Exception {
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (var file = new FileInputStream(anchors)) {
            for (var each : CertificateFactory.getInstance("X.509").generateCertificates(file))
                trusted.setCertificateEntry("anchor" + trusted.size(), each);
        }
        var managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(trusted);
        var context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        HttpsURLConnection.setDefaultSSLSocketFactory(context.getSocketFactory());
    }

    static String visit(String[] site) throws IOException {
        var url = new URL("https://" + site[0] + ":" + site[1] + "/");
        var connection = (HttpsURLConnection) url.openConnection();
        connection.setReadTimeout((int) (1000 * Double.parseDouble(site[2])));
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
