import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** ANCHOR CHAIN: is the chain good for a server where the anchor is trusted? */
public class Verify {
    public static void main(String[] arguments) throws Exception {
        var factory = CertificateFactory.getInstance("X.509");
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (var file = new FileInputStream(arguments[0])) {
            trusted.setCertificateEntry("anchor", factory.generateCertificate(file));
        }
        X509Certificate[] chain;
        try (var file = new FileInputStream(arguments[1])) {
            chain = factory.generateCertificates(file).toArray(new X509Certificate[0]);
        }
        for (var each : chain)
            System.out.println(each.getSubjectX500Principal() + " " + each.getSigAlgName() + " "
                    + each.getSubjectAlternativeNames());
        var managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(trusted);
        try {
            ((X509TrustManager) managers.getTrustManagers()[0]).checkServerTrusted(chain, "UNKNOWN");
            System.out.println("verified");
        } catch (CertificateException refused) {
            System.out.println("refused " + refused.getMessage());
        }
    }
}
