// ANCHORS: dials each "host port" of standard input, and says what came of it.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

func visit(roots *x509.CertPool, host, port string) error {
	dialer := &net.Dialer{Timeout: 30 * time.Second}
	connection, err := tls.DialWithDialer(dialer, "tcp", net.JoinHostPort("127.0.0.1", port),
		&tls.Config{ServerName: host, RootCAs: roots})
	if err != nil {
		return err
	}
	return connection.Close()
}

func main() {
	pem, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if err := visit(roots, words[0], words[1]); err != nil {
			fmt.Printf("%s %s refused %s\n", words[0], words[1], strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Printf("%s %s accepted\n", words[0], words[1])
		}
	}
}
