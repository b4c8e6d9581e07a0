// Command hold opens connections to each target, keeps them, asks over each of them again and again, and tells of every
// one that broke, until its standard input ends. A connection that broke is not opened again.
//
// Standard output has one JSON object a line: {"opened": ...} and {"broke": ...} for each connection, and
// {"tallies": [...]} with the counts, every second and at the end.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"sealane.dev/lab/tools/lines"
	"sealane.dev/lab/tools/target"
)

type event struct {
	AtUnixMs int64  `json:"atUnixMs"`
	Target   string `json:"target"`
	Flow     int    `json:"flow"`
	// Pod answered first over this connection.
	Pod string `json:"pod"`
	// Error is empty while the connection holds.
	Error string `json:"error"`
}

type tally struct {
	Target    string `json:"target"`
	Open      int64  `json:"open"`
	Broken    int64  `json:"broken"`
	Exchanges int64  `json:"exchanges"`
}

type group struct {
	target                  target.Target
	open, broken, exchanges atomic.Int64
}

func main() {
	flows := flag.Int("flows", 10, "connections to each target")
	every := flag.Duration("every", 200*time.Millisecond, "between two questions over a connection")
	deadline := flag.Duration("deadline", 5*time.Second, "deadline of each question, and of opening")
	atMost := flag.Duration("for", 10*time.Minute, "ends after this long in any case")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: hold [-flows 10] [-every 200ms] [-deadline 5s] [-for 10m] NETWORK=URL...")
		os.Exit(2)
	}
	groups := make([]*group, flag.NArg())
	for at, text := range flag.Args() {
		parsed, err := target.Parse(text)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		groups[at] = &group{target: parsed}
	}
	ctx := lines.UntilInputEnds(*atMost)
	var running sync.WaitGroup
	for _, each := range groups {
		for flow := range *flows {
			running.Go(func() { each.hold(ctx, flow, *every, *deadline) })
		}
	}
	tallies := func() []tally { return talliesOf(groups) }
	lines.PrintEverySecond(ctx, "tallies", tallies)
	running.Wait()
	lines.Print("tallies", tallies())
}

// hold keeps one connection until it breaks or the context ends.
func (g *group) hold(ctx context.Context, flow int, every, deadline time.Duration) {
	pod := ""
	tell := func(kind string, err error) {
		told := event{time.Now().UnixMilli(), g.target.Text, flow, pod, ""}
		if err != nil {
			told.Error = err.Error()
		}
		lines.Print(kind, told)
	}
	connection, err := g.dial(deadline)
	if err != nil {
		g.broken.Add(1)
		tell("broke", err)
		return
	}
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for {
		answered, err := g.target.Ask(connection, reader, time.Now().Add(deadline), false)
		if err != nil {
			if pod != "" {
				g.open.Add(-1)
			}
			g.broken.Add(1)
			tell("broke", err)
			return
		}
		g.exchanges.Add(1)
		if pod == "" {
			pod = answered
			g.open.Add(1)
			tell("opened", nil)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
	}
}

func (g *group) dial(deadline time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	return g.target.Dial(ctx)
}

func talliesOf(groups []*group) []tally {
	tallies := make([]tally, len(groups))
	for at, each := range groups {
		tallies[at] = tally{each.target.Text, each.open.Load(), each.broken.Load(), each.exchanges.Load()}
	}
	return tallies
}
