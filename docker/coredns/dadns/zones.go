package dadns

import (
	"sync"

	"github.com/coredns/coredns/plugin/file"
	"github.com/miekg/dns"
)

// zone is one zone as it is served. It is never changed once it is in the map.
type zone struct {
	name string
	// answers holds exactly this zone; nil: there is nothing that could be served.
	answers *file.File
}

// zones holds the zones by their names. A change of one costs the same however many there are,
// and a query never waits for it.
type zones struct {
	byName sync.Map // string -> *zone
}

func (z *zones) put(name string, served *zone) { z.byName.Store(name, served) }

func (z *zones) remove(name string) { z.byName.Delete(name) }

func (z *zones) get(name string) *zone {
	found, _ := z.byName.Load(name)
	served, _ := found.(*zone)
	return served
}

// find returns the zone that answers a query for name, in lower case: the one with the longest apex.
func (z *zones) find(name string, qtype uint16) *zone {
	var child *zone
	for offset, end := 0, false; !end; offset, end = dns.NextLabel(name, offset) {
		found := z.get(name[offset:])
		if found == nil {
			continue
		}
		// DS lives above the cut: the parent knows, if it is here (RFC 4035 section 3.1.4.1).
		if qtype == dns.TypeDS && offset == 0 {
			child = found
			continue
		}
		return found
	}
	if root := z.get("."); root != nil {
		return root
	}
	return child
}
