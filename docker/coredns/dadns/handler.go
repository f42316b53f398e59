package dadns

import (
	"context"
	"slices"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"
)

// handler answers queries from the zones that a refresher keeps.
type handler struct {
	zones     *zones
	refresher *refresher
}

var _ plugin.Handler = (*handler)(nil)

// pinned is the key of a context under which the zone stands that the query began in.
type pinned struct{}

// Name implements plugin.Handler.
func (h *handler) Name() string { return pluginName }

// ServeDNS implements plugin.Handler.
func (h *handler) ServeDNS(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	if r.Opcode != dns.OpcodeQuery {
		return dns.RcodeNotImplemented, nil
	}
	state := request.Request{W: w, Req: r}
	switch state.QType() {
	case dns.TypeANY, dns.TypeMAILA, dns.TypeMAILB:
		// All at once is what amplifies attacks, and plugin/file would deny that there is any.
		return dns.RcodeRefused, nil
	case dns.TypeAXFR, dns.TypeIXFR:
		// Copies of the zones come from the database, not over DNS.
		return dns.RcodeRefused, nil
	}

	found := h.zones.find(state.Name(), state.QType())
	if found == nil {
		return dns.RcodeRefused, nil
	}
	// A CNAME or DNAME that leads back into the zone is asked again from the top: with the version
	// of the zone that the query began in, so that no answer mixes two.
	if begun, ok := ctx.Value(pinned{}).(*zone); ok && begun.name == found.name {
		found = begun
	}
	if found.answers == nil {
		return dns.RcodeServerFailure, nil
	}
	return found.answers.ServeDNS(context.WithValue(ctx, pinned{}, found), &negativeTTL{w}, r)
}

// negativeTTL gives the SOA of a negative answer the TTL that the denial may be kept for: the smaller
// of its own and its minimum field (RFC 2308 section 3). plugin/file leaves its own.
type negativeTTL struct{ dns.ResponseWriter }

// WriteMsg implements dns.ResponseWriter.
func (w *negativeTTL) WriteMsg(m *dns.Msg) error {
	at := slices.IndexFunc(m.Ns, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeSOA })
	if at < 0 {
		return w.ResponseWriter.WriteMsg(m)
	}
	ttl := min(m.Ns[at].Header().Ttl, m.Ns[at].(*dns.SOA).Minttl)
	m.Ns = slices.Clone(m.Ns)
	for i, rr := range m.Ns {
		signature, signs := rr.(*dns.RRSIG)
		if i == at || signs && signature.TypeCovered == dns.TypeSOA {
			m.Ns[i] = dns.Copy(rr) // the record itself belongs to the zone
			m.Ns[i].Header().Ttl = ttl
		}
	}
	return w.ResponseWriter.WriteMsg(m)
}
