// Package lines is how the programs that put load on services are told to end, and how they tell what they saw: one
// JSON object a line.
package lines

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"sync"
	"time"
)

var (
	mutex  sync.Mutex
	output = json.NewEncoder(os.Stdout)
)

// Print writes {kind: value} as one line of standard output.
func Print(kind string, value any) {
	mutex.Lock()
	defer mutex.Unlock()
	_ = output.Encode(map[string]any{kind: value})
}

// PrintEverySecond prints what the function gives, every second until the context ends.
func PrintEverySecond[T any](ctx context.Context, kind string, value func() T) {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-second.C:
			Print(kind, value())
		}
	}
}

// UntilInputEnds gives a context that ends with standard input, and after atMost in any case.
func UntilInputEnds(atMost time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), atMost)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx
}
