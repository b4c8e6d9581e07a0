// Command fetch gets one URL many times, each over a connection of its own, and prints each answer's
// body as one line. It ends with status 1 when any attempt failed, naming each on standard error.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const bodyBytesMax = 1 << 16

func main() {
	count := flag.Int("n", 1, "how many connections, one after another")
	network := flag.String("network", "tcp", "tcp, or tcp4 or tcp6 for one address family")
	timeout := flag.Duration("timeout", 2*time.Second, "deadline of each attempt, name lookup included")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: fetch [-n 1] [-network tcp] [-timeout 2s] URL")
		os.Exit(2)
	}
	dial := func(ctx context.Context, _, address string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, *network, address)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: dial}}
	status := 0
	for attempt := range *count {
		if err := get(client, flag.Arg(0), *timeout); err != nil {
			fmt.Fprintf(os.Stderr, "attempt %d: %v\n", attempt+1, err)
			status = 1
		}
	}
	os.Exit(status)
}

func get(client *http.Client, url string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, bodyBytesMax))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", response.Status)
	}
	fmt.Println(strings.TrimSpace(string(body)))
	return nil
}
