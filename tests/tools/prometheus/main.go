// prometheus finds targets by Prometheus' own discovery for Consul, and prints each group of targets as it changes, one
// line of JSON each, until it is killed. Debian's Prometheus is built without it.
//
// usage: prometheus ADDRESS:PORT
package main

import (
	"context"
	"encoding/json"
	"fmt"
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
	groups := make(chan []*targetgroup.Group)
	go found.Run(context.Background(), groups)
	for all := range groups {
		for _, group := range all {
			line, err := json.Marshal(map[string]any{"source": group.Source, "targets": group.Targets})
			if err != nil {
				return err
			}
			fmt.Println(string(line))
		}
	}
	return nil
}
