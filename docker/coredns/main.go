// A CoreDNS that answers from the tables dadns writes, and does little else: only the plugins that
// such a server needs are built in, so there is nothing in it that resolves names elsewhere.
package main

import (
	"os"
	"slices"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

	_ "dadns/coredns/dadns"

	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/log"
	_ "github.com/coredns/coredns/plugin/metrics"
	_ "github.com/coredns/coredns/plugin/ready"
)

// version is set by the linker when the image is built: -X main.version=1.2.3.
var version = "dev"

// directives is the order in which a query passes the plugins.
var directives = []string{"bind", "ready", "health", "prometheus", "errors", "log", "cache", "dadns"}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "healthcheck" {
		os.Exit(healthcheck(os.Args[2:]))
	}
	dnsserver.Directives = slices.Clone(directives)
	caddy.AppVersion = coremain.CoreVersion + "+dadns." + version
	coremain.Run()
}
