package dadns

import (
	"database/sql"
	"fmt"
	"slices"

	"github.com/coredns/coredns/plugin/file"
	"github.com/coredns/coredns/plugin/pkg/upstream"
	"github.com/miekg/dns"
)

// row is one row of the table of records. Any column may hold anything.
type row struct {
	id       int64
	hostname sql.NullString
	rtype    sql.NullString
	data     sql.NullString
	ttl      sql.NullInt64
}

// refusal is a row that is no record of its zone, and why.
type refusal struct {
	id       int64
	hostname string
	rtype    string
	why      string
}

func (r refusal) String() string {
	return fmt.Sprintf("row %d (owner %q, type %q): %s", r.id, r.hostname, r.rtype, r.why)
}

// rrset is what tells RRsets apart.
type rrset struct {
	owner string
	rtype uint16
}

// builder makes a zone of rows, one by one.
type builder struct {
	apex     string
	zone     *file.Zone
	owners   map[string]string // by hostname: names are long, and shared by many records
	seen     map[rrset][]dns.RR
	refusals []refusal
	nsec3    int // records of NSEC3 chains, which plugin/file cannot serve
}

// newBuilder starts a zone; apex is its name as canonicalName gives it.
func newBuilder(apex string) *builder {
	zone := file.NewZone(apex, "")
	zone.Upstream = upstream.New()
	return &builder{
		apex:   apex,
		zone:   zone,
		owners: make(map[string]string),
		seen:   make(map[rrset][]dns.RR),
	}
}

// add takes one row into the zone, or notes why not. A bad row costs nothing but itself: not even
// one that trips a parser may end the server.
func (b *builder) add(r row) {
	refuse := func(why string) {
		b.refusals = append(b.refusals, refusal{r.id, r.hostname.String, r.rtype.String, why})
	}
	defer func() {
		if fault := recover(); fault != nil {
			refuse(fmt.Sprintf("reading it failed: %q", fmt.Sprint(fault)))
		}
	}()
	if err := b.insert(r); err != nil {
		refuse(err.Error())
	}
}

func (b *builder) insert(r row) error {
	if !r.hostname.Valid || !r.rtype.Valid || !r.data.Valid || !r.ttl.Valid {
		return fmt.Errorf("one of hostname, type, data and ttl is NULL")
	}
	owner, known := b.owners[r.hostname.String]
	if !known {
		name, err := ownerName(r.hostname.String, b.apex)
		if err != nil {
			return fmt.Errorf("its hostname is no owner: %w", err)
		}
		owner = name
		b.owners[r.hostname.String] = owner
	}
	rr, err := record(owner, r.rtype.String, r.data.String, r.ttl.Int64)
	if err != nil {
		return err
	}
	if ofNSEC3(rr) {
		b.nsec3++
		return nil
	}
	set := rrset{owner, rr.Header().Rrtype}
	if slices.ContainsFunc(b.seen[set], func(other dns.RR) bool { return dns.IsDuplicate(rr, other) }) {
		return nil
	}
	if err := b.fits(rr, len(b.seen[set])); err != nil {
		return err
	}
	if err := b.zone.Insert(rr); err != nil {
		return err
	}
	b.seen[set] = append(b.seen[set], rr)
	return nil
}

// fits tells of what plugin/file would take but answer wrongly with; others is how many records
// the RRset has already.
func (b *builder) fits(rr dns.RR, others int) error {
	switch rr := rr.(type) {
	case *dns.SOA:
		if rr.Hdr.Name != b.apex {
			return fmt.Errorf("an SOA record belongs to the apex")
		}
	case *dns.RRSIG:
		if rr.TypeCovered == dns.TypeSOA && rr.Hdr.Name != b.apex {
			return fmt.Errorf("the signature of an SOA record belongs to the apex")
		}
	}
	switch rtype := rr.Header().Rrtype; rtype {
	case dns.TypeSOA, dns.TypeCNAME, dns.TypeDNAME:
		if others > 0 {
			return fmt.Errorf("its owner has another %s record, and only one may be", dns.TypeToString[rtype])
		}
	}
	return nil
}

// finish returns the zone for serving, nil if it has no SOA record and so cannot be.
func (b *builder) finish() *zone {
	if b.zone.SOA == nil {
		return nil
	}
	b.addNames()
	// plugin/file appends to these while it answers: without room to grow, queries cannot write
	// into each other's answers.
	b.zone.NS, b.zone.SIGNS = slices.Clip(b.zone.NS), slices.Clip(b.zone.SIGNS)
	b.zone.SIGSOA = slices.Clip(b.zone.SIGSOA)
	answers := &file.File{Zones: file.Zones{
		Z:     map[string]*file.Zone{b.apex: b.zone},
		Names: []string{b.apex},
	}}
	return &zone{name: b.apex, answers: answers}
}

// ofNSEC3 tells whether rr is part of an NSEC3 chain. Its signatures go, too: left behind, they
// would make the hashed owners names of the zone.
func ofNSEC3(rr dns.RR) bool {
	switch rr := rr.(type) {
	case *dns.NSEC3, *dns.NSEC3PARAM:
		return true
	case *dns.RRSIG:
		return rr.TypeCovered == dns.TypeNSEC3 || rr.TypeCovered == dns.TypeNSEC3PARAM
	}
	return false
}

// addNames gives the tree the names that exist without records of their own there, the apex and empty
// non-terminals: where it misses them plugin/file says that the apex does not exist, and lets wildcards
// answer for the others (RFC 4592 section 2.2.2).
func (b *builder) addNames() {
	b.addName(b.apex)
	for set := range b.seen {
		for name := set.owner; name != b.apex; {
			next, end := dns.NextLabel(name, 0)
			if end {
				break
			}
			name = name[next:]
			b.addName(name)
		}
	}
}

func (b *builder) addName(name string) {
	if _, found := b.zone.Tree.Search(name); found {
		return
	}
	// The tree has no way to insert a bare name, but one to take a record away again.
	marker := &dns.NULL{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeNULL, Class: dns.ClassINET}}
	b.zone.Tree.Insert(marker)
	if elem, found := b.zone.Tree.Search(name); found {
		elem.Delete(marker)
	}
}
