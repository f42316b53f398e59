// prometheus finds targets by Prometheus' own discovery for Consul, and prints each group of targets as it changes, one
// line of JSON each, until its input ends. Debian's Prometheus is built without it.
//
// usage: prometheus ADDRESS:PORT
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/discovery/consul"
	"github.com/prometheus/prometheus/discovery/targetgroup"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(address string) error {
	config := consul.DefaultSDConfig
	config.Server = address
	config.RefreshInterval = model.Duration(time.Second)
	registry := prometheus.NewRegistry()
	metrics := config.NewDiscovererMetrics(registry, discovery.NewRefreshMetrics(registry))
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	found, err := config.NewDiscoverer(discovery.DiscovererOptions{Logger: logger, Metrics: metrics})
	if err != nil {
		return err
	}
	ctx, end := context.WithCancel(context.Background())
	groups := make(chan []*targetgroup.Group)
	go found.Run(ctx, groups)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		end()
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case all := <-groups:
			for _, group := range all {
				line, err := json.Marshal(map[string]any{"source": group.Source, "targets": group.Targets})
				if err != nil {
					return err
				}
				fmt.Println(string(line))
			}
		}
	}
}
