// Our client in the laboratory: does it refuse what it must refuse, and accept what is fine?
//
//	mailstorectl lab run --known known.txt -- go test -count=1 -v .
package client

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"testing"
	"time"
)

type scenario struct {
	Scenario, Expected, URL, What, Right, Source, Known string
	Connections                                         int
}

// The client under test. Put yours here: it must ask for the page, on a connection of its own, and
// return an error if it does not come.
func fetch(url string) error {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

func scenarios(t *testing.T) []scenario {
	path := os.Getenv("MAILSTORED_LAB_JSON")
	if path == "" {
		t.Skip("runs inside of mailstorectl lab run")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lab struct{ Scenarios []scenario }
	if err := json.Unmarshal(text, &lab); err != nil {
		t.Fatal(err)
	}
	return lab.Scenarios
}

// Why the client refused; nil if it accepted.
func refusal(s scenario) error {
	for i := 0; i < s.Connections; i++ {
		if err := fetch(s.URL); err != nil {
			return err
		}
	}
	return nil
}

func TestClient(t *testing.T) {
	for _, s := range scenarios(t) {
		t.Run(s.Scenario, func(t *testing.T) {
			refused := refusal(s)
			did := "accept"
			if refused != nil {
				did = "refuse"
			}
			right := s.Expected == did || s.Expected == "either"
			if s.Known != "" && right {
				t.Error("it is right now: take it out of known.txt")
			} else if s.Known == "" && !right {
				t.Errorf("%s %s (%s) %v", s.What, s.Right, s.Source, refused)
			}
		})
	}
}
