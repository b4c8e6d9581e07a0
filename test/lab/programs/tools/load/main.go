// Command load opens new connections to each target at a steady rate, and tells of every attempt that failed, until its
// standard input ends.
//
// An attempt looks the name up, connects, sends one GET and reads the answer, all by one deadline; nothing is tried
// twice. Standard output has one JSON object a line: {"failure": ...} as it happens, and {"tallies": [...]} with the
// counts since the start, every second and at the end. Attempts that could not be begun in time are counted as missed:
// a generator that is starved says so.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"

	"sealane.dev/lab/tools/lines"
	"sealane.dev/lab/tools/target"
)

type failure struct {
	AtUnixMs int64  `json:"atUnixMs"`
	Target   string `json:"target"`
	Stage    string `json:"stage"`
	Error    string `json:"error"`
	TookMs   int64  `json:"tookMs"`
}

type tally struct {
	Target    string `json:"target"`
	Attempts  int    `json:"attempts"`
	Failures  int    `json:"failures"`
	Missed    int    `json:"missed"`
	MedianMs  int    `json:"medianMs"`
	P99Ms     int    `json:"p99Ms"`
	SlowestMs int    `json:"slowestMs"`
}

// counter holds one target's counts; succeeded[n] is how many answers took n milliseconds.
type counter struct {
	mutex     sync.Mutex
	target    target.Target
	attempts  int
	failures  int
	missed    int
	succeeded []int
}

func main() {
	rate := flag.Float64("rate", 10, "new connections a second to each target")
	deadline := flag.Duration("deadline", 2*time.Second, "deadline of each attempt, name lookup included")
	atMost := flag.Duration("for", 10*time.Minute, "ends after this long in any case")
	flag.Parse()
	if flag.NArg() == 0 || *rate <= 0 {
		fmt.Fprintln(os.Stderr, "usage: load [-rate 10] [-deadline 2s] [-for 10m] NETWORK=URL...")
		os.Exit(2)
	}
	counters := make([]*counter, flag.NArg())
	for at, text := range flag.Args() {
		parsed, err := target.Parse(text)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		counters[at] = &counter{target: parsed, succeeded: make([]int, deadline.Milliseconds()+1)}
	}
	ctx := lines.UntilInputEnds(*atMost)
	interval := time.Duration(float64(time.Second) / *rate)
	var running sync.WaitGroup
	for at, each := range counters {
		offset := interval * time.Duration(at) / time.Duration(len(counters))
		running.Go(func() { each.run(ctx, interval, offset, *deadline) })
	}
	tallies := func() []tally { return talliesOf(counters) }
	lines.PrintEverySecond(ctx, "tallies", tallies)
	running.Wait()
	lines.Print("tallies", tallies())
}

// run begins an attempt at each interval, by the clock and not by the end of the attempt before, and waits for all.
func (c *counter) run(ctx context.Context, interval, offset, deadline time.Duration) {
	var running sync.WaitGroup
	defer running.Wait()
	for next := time.Now().Add(offset); ; next = next.Add(interval) {
		for late := time.Since(next); late > interval; late -= interval {
			next = next.Add(interval)
			c.mutex.Lock()
			c.missed++
			c.mutex.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(next)):
		}
		running.Go(func() { c.attempt(deadline) })
	}
}

func (c *counter) attempt(deadline time.Duration) {
	begun := time.Now()
	err := get(c.target, begun.Add(deadline))
	took := time.Since(begun).Milliseconds()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.attempts++
	if err == nil {
		c.succeeded[min(int(took), len(c.succeeded)-1)]++
		return
	}
	c.failures++
	failed := failure{begun.UnixMilli(), c.target.Text, "exchange", err.Error(), took}
	var staged target.Failure
	if errors.As(err, &staged) {
		failed.Stage, failed.Error = staged.Stage, staged.Err.Error()
	}
	lines.Print("failure", failed)
}

func get(wanted target.Target, deadline time.Time) error {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	connection, err := wanted.Dial(ctx)
	if err != nil {
		return err
	}
	defer connection.Close()
	_, err = wanted.Ask(connection, bufio.NewReader(connection), deadline, true)
	return err
}

func talliesOf(counters []*counter) []tally {
	tallies := make([]tally, len(counters))
	for at, each := range counters {
		tallies[at] = each.tally()
	}
	return tallies
}

func (c *counter) tally() tally {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	total := c.attempts - c.failures
	within := func(share float64) int {
		seen := 0
		for took, count := range c.succeeded {
			seen += count
			if count > 0 && float64(seen) >= share*float64(total) {
				return took
			}
		}
		return 0
	}
	return tally{c.target.Text, c.attempts, c.failures, c.missed, within(0.5), within(0.99), within(1)}
}
