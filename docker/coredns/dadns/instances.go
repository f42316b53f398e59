package dadns

import (
	"slices"
	"sync"

	"github.com/coredns/caddy"
)

// instances keeps the refreshers of each loaded Corefile. A reload that fails after ours had been
// started (a port is taken, say) just forgets the new instance: nobody else would stop them.
var instances = struct {
	sync.Mutex
	running map[*caddy.Instance][]*refresher
}{running: make(map[*caddy.Instance][]*refresher)}

// supervise lets r live as long as the instance that is being set up: the newest of caddy's list.
func supervise(c *caddy.Controller, r *refresher) {
	var own *caddy.Instance
	if all := caddy.Instances(); len(all) > 0 {
		own = all[len(all)-1]
	}
	c.OnStartup(func() error {
		instances.Lock()
		instances.running[own] = append(instances.running[own], r)
		instances.Unlock()
		r.start()
		r.waitForFirst(startupWait)
		return nil
	})
	c.OnShutdown(func() error {
		stopInstances(func(instance *caddy.Instance) bool { return instance == own })
		return nil
	})
	c.OnRestartFailed(func() error {
		alive := caddy.Instances()
		stopInstances(func(instance *caddy.Instance) bool { return !slices.Contains(alive, instance) })
		return nil
	})
}

func stopInstances(which func(*caddy.Instance) bool) {
	instances.Lock()
	defer instances.Unlock()
	for instance, refreshers := range instances.running {
		if which(instance) {
			for _, r := range refreshers {
				r.stop()
			}
			delete(instances.running, instance)
		}
	}
}
