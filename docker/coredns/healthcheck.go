package main

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

// healthURL is where the plugin `health` answers by default.
const healthURL = "http://127.0.0.1:8080/health"

// healthcheck asks a running server whether it is healthy, for images that hold no other program:
// `coredns healthcheck [URL]`. It returns the status of the process, 0 for healthy.
func healthcheck(arguments []string) int {
	url := healthURL
	if len(arguments) > 0 {
		url = arguments[0]
	}
	client := &http.Client{Timeout: 3 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		fmt.Fprintf(os.Stderr, "%s answers %s\n", url, answer.Status)
		return 1
	}
	return 0
}
