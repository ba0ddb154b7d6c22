// [ANCHORS]: fetches the page of each "host port seconds" of standard input, as any Go program would
// that trusts these, and says what came of it; names lead to this machine.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

func dialHere(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}

func visit(roots *x509.CertPool, host, port, seconds string) error {
	patience, err := time.ParseDuration(seconds + "s")
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: patience, Transport: &http.Transport{
		DialContext: dialHere, DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots}}}
	answer, err := client.Get("https://" + net.JoinHostPort(host, port) + "/")
	if failed := (*url.Error)(nil); errors.As(err, &failed) {
		return failed.Err
	} else if err != nil {
		return err
	}
	return answer.Body.Close()
}

// None: those of the machine.
func anchors() *x509.CertPool {
	if len(os.Args) < 2 {
		return nil
	}
	pem, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return roots
}

func main() {
	roots := anchors()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if err := visit(roots, words[0], words[1], words[2]); err != nil {
			fmt.Printf("%s %s refused %s\n", words[0], words[1], strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Printf("%s %s accepted\n", words[0], words[1])
		}
	}
}
