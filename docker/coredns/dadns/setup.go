// Package dadns is a plugin for CoreDNS: an authoritative server of the zones in the tables that dadns
// writes. It keeps them in memory, so it answers while the database is unavailable.
package dadns

import (
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	clog "github.com/coredns/coredns/plugin/pkg/log"
)

const pluginName = "dadns"

// startupWait is how long a start, or a reload of the Corefile, waits for the zones: long enough for
// very many. An unavailable database ends it at once, and one that falls silent after `timeout`.
// On a reload the instance before answers meanwhile.
const startupWait = 5 * time.Minute

var log = clog.NewWithPlugin(pluginName)

func init() { plugin.Register(pluginName, setup) }

// setup is called for every name of a server block; they share one set of zones.
func setup(c *caddy.Controller) error {
	shared, _ := c.ServerBlockStorage.(*handler)
	if shared == nil {
		settings, err := parse(c)
		if err != nil {
			return plugin.Error(pluginName, err)
		}
		loaded := &zones{}
		shared = &handler{zones: loaded, refresher: newRefresher(settings, loaded)}
		c.ServerBlockStorage = shared
		supervise(c, shared.refresher)
	}
	dnsserver.GetConfig(c).AddPlugin(func(plugin.Handler) plugin.Handler { return shared })
	return nil
}
