// consul registers, reports by TTL, waits for health by blocking queries and deregisters, by Consul's own library.
//
// usage: consul ADDRESS:PORT [TOKEN]
package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"time"

	"github.com/hashicorp/consul/api"
)

func main() {
	token := ""
	if len(os.Args) > 2 {
		token = os.Args[2]
	}
	if err := run(os.Args[1], token); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("consul/api finds what it expects")
}

func run(address, token string) error {
	client, err := api.NewClient(&api.Config{Address: address, Token: token})
	if err != nil {
		return err
	}
	if leader, err := client.Status().Leader(); err != nil || leader == "" {
		return fmt.Errorf("leader %q: %w", leader, err)
	}
	agent, health := client.Agent(), client.Health()
	web := &api.AgentServiceRegistration{
		ID: "web-1", Name: "web", Port: 80, Address: "192.0.2.1",
		Tags: []string{"v1", "blue"}, Meta: map[string]string{"rack": "7"},
		Weights: &api.AgentWeights{Passing: 3, Warning: 2},
		Check:   &api.AgentServiceCheck{TTL: "30s", DeregisterCriticalServiceAfter: "90m"},
	}
	if err := agent.ServiceRegister(web); err != nil {
		return err
	}
	passing, meta, err := health.Service("web", "", true, nil)
	if err != nil || len(passing) != 0 {
		return fmt.Errorf("before its first report: %v %w", passing, err)
	}
	reported := make(chan error, 1)
	go func() {
		reported <- agent.UpdateTTL("service:web-1", "fine", api.HealthPassing)
	}()
	for len(passing) == 0 {
		// The wait ends with the report, long before its time.
		wait := &api.QueryOptions{WaitIndex: meta.LastIndex, WaitTime: time.Minute}
		next, found, err := health.Service("web", "blue", true, wait)
		if err != nil {
			return err
		}
		if len(next) == 0 && found.RequestTime > 20*time.Second {
			return errors.New("a wait did not end with the report")
		}
		passing, meta = next, found
	}
	if err := <-reported; err != nil {
		return err
	}
	service := passing[0].Service
	if service.Address != "192.0.2.1" || service.Weights.Passing != 3 || passing[0].Checks.AggregatedStatus() != api.HealthPassing {
		return fmt.Errorf("found %+v", service)
	}
	if !meta.KnownLeader || meta.LastContact != 0 {
		return fmt.Errorf("heads: %+v", meta)
	}
	// Nomad compares these with its own.
	own, err := agent.Services()
	if err != nil {
		return err
	}
	known := own["web-1"]
	if known == nil || !reflect.DeepEqual(known.Tags, web.Tags) || !reflect.DeepEqual(known.Meta, web.Meta) || known.Port != 80 {
		return fmt.Errorf("its own services: %+v", known)
	}
	if checks, err := agent.Checks(); err != nil || checks["service:web-1"].Output != "fine" {
		return fmt.Errorf("its own checks: %+v %w", checks, err)
	}
	if err := agent.WarnTTL("service:web-1", "slow"); err != nil {
		return err
	}
	warning, _, err := health.State(api.HealthWarning, nil)
	if err != nil || len(warning) != 1 || warning[0].Output != "slow" {
		return fmt.Errorf("warnings: %+v %w", warning, err)
	}
	if err := agent.EnableServiceMaintenance("web-1", "a disk"); err != nil {
		return err
	}
	all, _, err := health.Service("web", "", false, nil)
	if err != nil || len(all) != 1 || all[0].Checks.AggregatedStatus() != api.HealthMaint {
		return fmt.Errorf("in maintenance: %+v %w", all, err)
	}
	if err := agent.DisableServiceMaintenance("web-1"); err != nil {
		return err
	}
	// Once more as Nomad does it, with a check of its own.
	check := &api.AgentCheckRegistration{ID: "disk", Name: "disk", ServiceID: "web-1", AgentServiceCheck: api.AgentServiceCheck{TTL: "1m"}}
	if err := agent.CheckRegister(check); err != nil {
		return err
	}
	if err := agent.CheckDeregister("disk"); err != nil {
		return err
	}
	catalog, _, err := client.Catalog().Service("web", "v1", nil)
	if err != nil || len(catalog) != 1 || catalog[0].ServiceMeta["rack"] != "7" {
		return fmt.Errorf("catalog: %+v %w", catalog, err)
	}
	names, _, err := client.Catalog().Services(nil)
	if err != nil || len(names["web"]) != 2 {
		return fmt.Errorf("services: %v %w", names, err)
	}
	nodes, _, err := client.Catalog().Nodes(nil)
	if err != nil || len(nodes) == 0 {
		return fmt.Errorf("nodes: %v %w", nodes, err)
	}
	self, err := agent.Self()
	if err != nil || self["Config"]["Datacenter"] != "dc1" {
		return fmt.Errorf("self: %v %w", self, err)
	}
	var status api.StatusError
	if err := agent.UpdateTTL("service:none", "", api.HealthPassing); !errors.As(err, &status) || status.Code != 404 {
		return fmt.Errorf("an unknown check: %w", err)
	}
	if err := agent.ServiceDeregister("web-1"); err != nil {
		return err
	}
	left, _, err := health.Service("web", "", false, nil)
	if err != nil || len(left) != 0 {
		return fmt.Errorf("after its end: %+v %w", left, err)
	}
	return nil
}
