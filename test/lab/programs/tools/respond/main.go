// Command respond answers HTTP with who it is and whom it saw.
//
// GET /ready gives 200 while the file named by -ready exists and 503 otherwise, so that a readiness
// probe of the kubelet can be turned by touching and removing that file. Every other path gives one
// JSON line: {"pod": host name, "client": peer address, "server": own address of the connection}.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

type answer struct {
	Pod    string `json:"pod"`
	Client string `json:"client"`
	Server string `json:"server"`
}

func main() {
	address := flag.String("listen", ":8080", "address to listen on, both families by default")
	ready := flag.String("ready", "/tmp/ready", "file whose existence makes /ready answer 200")
	flag.Parse()

	pod, err := os.Hostname()
	if err != nil {
		log.Fatalf("cannot read the host name: %v", err)
	}
	if err := os.WriteFile(*ready, nil, 0o644); err != nil {
		log.Fatalf("cannot create the readiness file: %v", err)
	}

	http.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) {
		if _, err := os.Stat(*ready); err != nil {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
		}
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer{Pod: pod, Client: host(r.RemoteAddr), Server: host(local.String())})
	})
	server := &http.Server{Addr: *address, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func host(address string) string {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return name
}
