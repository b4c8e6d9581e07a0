// Package target is what the programs that put load on services ask: one URL over one address family. It looks names
// up anew each time, without any cache, and says at which stage an attempt failed.
package target

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const bodyBytesMax = 1 << 16

// Target is one URL over one address family.
type Target struct {
	// Text is the target as it was given, NETWORK=URL.
	Text    string
	network string
	host    string
	port    string
	path    string
}

// Failure is an attempt that failed, with its stage: lookup, connect or exchange.
type Failure struct {
	Stage string
	Err   error
}

func (f Failure) Error() string { return f.Stage + ": " + f.Err.Error() }

// Parse reads tcp4=http://host[:port]/path, or tcp6=...
func Parse(text string) (Target, error) {
	network, address, _ := strings.Cut(text, "=")
	if network != "tcp4" && network != "tcp6" {
		return Target{}, fmt.Errorf("target %q: must begin with tcp4= or tcp6=", text)
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "http" || parsed.Hostname() == "" {
		return Target{}, fmt.Errorf("target %q: must hold an http:// URL with a host", text)
	}
	port := parsed.Port()
	if port == "" {
		port = "80"
	}
	return Target{text, network, parsed.Hostname(), port, parsed.RequestURI()}, nil
}

// Dial looks the host up, unless it is an address, and connects to its first address. The connection has the
// context's deadline.
func (t Target) Dial(ctx context.Context) (net.Conn, error) {
	// A resolver of its own for each attempt: those of one resolver share answers that are under way.
	resolver := &net.Resolver{PreferGo: true}
	addresses, err := resolver.LookupNetIP(ctx, strings.Replace(t.network, "tcp", "ip", 1), t.host)
	if err != nil {
		return nil, Failure{"lookup", err}
	}
	connection, err := (&net.Dialer{}).DialContext(ctx, t.network, net.JoinHostPort(addresses[0].Unmap().String(), t.port))
	if err != nil {
		return nil, Failure{"connect", err}
	}
	return connection, nil
}

// Ask sends one GET over the connection and reads the whole answer until the deadline. It gives the pod that answered.
func (t Target) Ask(connection net.Conn, reader *bufio.Reader, deadline time.Time, last bool) (string, error) {
	if err := connection.SetDeadline(deadline); err != nil {
		return "", Failure{"exchange", err}
	}
	option := "keep-alive"
	if last {
		option = "close"
	}
	if _, err := fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: %s\r\n\r\n", t.path, t.host, option); err != nil {
		return "", Failure{"exchange", err}
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return "", Failure{"exchange", err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, bodyBytesMax))
	if err != nil {
		return "", Failure{"exchange", err}
	}
	if response.StatusCode != http.StatusOK {
		return "", Failure{"exchange", fmt.Errorf("status %s", response.Status)}
	}
	var answer struct{ Pod string }
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", Failure{"exchange", fmt.Errorf("answer %q: %w", body, err)}
	}
	return answer.Pod, nil
}
