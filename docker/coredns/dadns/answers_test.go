package dadns

import (
	"slices"
	"testing"

	"github.com/miekg/dns"
)

var hardZone = []string{
	"@ 3600 SOA ns.example.net. host.example.net. 1 7200 3600 1209600 300",
	"@ 3600 NS ns.a.example.",
	"ns 3600 A 192.0.2.53",
	"www 60 A 192.0.2.1",
	"inside 60 CNAME www.a.example.",
	"outside 60 CNAME www.elsewhere.net.",
	"other 60 CNAME www.b.example.",
	"gone 60 CNAME none.b.example.",
	"child 60 NS ns.child.a.example.",
	"ns.child 60 A 192.0.2.54",
	"loaded 60 NS ns.loaded.a.example.",
	"loaded 60 DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000",
	"* 60 TXT \"top\"",
	"*.deep 60 TXT \"deep\"",
	"mail.ent 60 A 192.0.2.2",
	"dname 60 DNAME b.example.",
	`dot\.ted 60 TXT "dotted"`,
	`x 60 TYPE65280 \# 3 abcdef`,
}

func TestAnswersAreThoseOfAnAuthoritativeServer(t *testing.T) {
	m := startMariadb(t, true)
	m.put("a.example.", hardZone...)
	m.put("b.example.", zoneLines(1, "www 60 A 192.0.2.9")...)
	m.put("loaded.a.example.", zoneLines(1, "www 60 A 192.0.2.8")...)
	s := serve(t, m)
	const denied = "a.example. 300 IN SOA ns.example.net. host.example.net. 1 7200 3600 1209600 300"
	for _, c := range []struct {
		name, qtype string
		rcode       int
		authority   bool
		answer      []string
		ns          string // the first record of the authority section
	}{
		{"WWW.a.Example.", "A", dns.RcodeSuccess, true, []string{"www.a.example. 60 IN A 192.0.2.1"}, "a.example. 3600 IN NS ns.a.example."},
		{"a.example.", "SOA", dns.RcodeSuccess, true, []string{"a.example. 3600 IN SOA ns.example.net. host.example.net. 1 7200 3600 1209600 300"}, "a.example. 3600 IN NS ns.a.example."},
		{"www.a.example.", "AAAA", dns.RcodeSuccess, true, nil, denied},
		{"ent.a.example.", "A", dns.RcodeSuccess, true, nil, denied},
		{"none.ent.a.example.", "A", dns.RcodeNameError, true, nil, denied},
		{"any.thing.a.example.", "TXT", dns.RcodeSuccess, true, []string{`any.thing.a.example. 60 IN TXT "top"`}, "a.example. 3600 IN NS ns.a.example."},
		{"any.thing.a.example.", "A", dns.RcodeSuccess, true, nil, denied},
		{"x.y.deep.a.example.", "TXT", dns.RcodeSuccess, true, []string{`x.y.deep.a.example. 60 IN TXT "deep"`}, "a.example. 3600 IN NS ns.a.example."},
		{`dot\.ted.a.example.`, "TXT", dns.RcodeSuccess, true, []string{`dot\.ted.a.example. 60 IN TXT "dotted"`}, "a.example. 3600 IN NS ns.a.example."},
		{"inside.a.example.", "A", dns.RcodeSuccess, true, []string{"inside.a.example. 60 IN CNAME www.a.example.", "www.a.example. 60 IN A 192.0.2.1"}, "a.example. 3600 IN NS ns.a.example."},
		{"outside.a.example.", "A", dns.RcodeSuccess, true, []string{"outside.a.example. 60 IN CNAME www.elsewhere.net."}, "a.example. 3600 IN NS ns.a.example."},
		{"other.a.example.", "A", dns.RcodeSuccess, true, []string{"other.a.example. 60 IN CNAME www.b.example.", "www.b.example. 60 IN A 192.0.2.9"}, "a.example. 3600 IN NS ns.a.example."},
		{"gone.a.example.", "A", dns.RcodeNameError, true, []string{"gone.a.example. 60 IN CNAME none.b.example."}, denied},
		{"www.dname.a.example.", "A", dns.RcodeSuccess, true, []string{"dname.a.example. 60 IN DNAME b.example.", "www.dname.a.example. 60 IN CNAME www.b.example.", "www.b.example. 60 IN A 192.0.2.9"}, "a.example. 3600 IN NS ns.a.example."},
		{"www.child.a.example.", "A", dns.RcodeSuccess, false, nil, "child.a.example. 60 IN NS ns.child.a.example."},
		{"child.a.example.", "NS", dns.RcodeSuccess, false, nil, "child.a.example. 60 IN NS ns.child.a.example."},
		{"www.loaded.a.example.", "A", dns.RcodeSuccess, true, []string{"www.loaded.a.example. 60 IN A 192.0.2.8"}, "loaded.a.example. 3600 IN NS ns.example.net."},
		{"loaded.a.example.", "DS", dns.RcodeSuccess, true, []string{"loaded.a.example. 60 IN DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000"}, "a.example. 3600 IN NS ns.a.example."},
		{"www.elsewhere.net.", "A", dns.RcodeRefused, false, nil, ""},
		{"example.", "A", dns.RcodeRefused, false, nil, ""},
		{"a.example.", "ANY", dns.RcodeRefused, false, nil, ""},
		{"a.example.", "AXFR", dns.RcodeRefused, false, nil, ""},
		{"a.example.", "IXFR", dns.RcodeRefused, false, nil, ""},
	} {
		got := s.ask(c.name, c.qtype)
		if got.Rcode != c.rcode || got.Authoritative != c.authority {
			t.Errorf("%s %s: %s, AA %v", c.name, c.qtype, dns.RcodeToString[got.Rcode], got.Authoritative)
		}
		if answer := texts(got.Answer); !slices.Equal(answer, c.answer) {
			t.Errorf("%s %s: %q", c.name, c.qtype, answer)
		}
		if ns := append(texts(got.Ns), ""); ns[0] != c.ns {
			t.Errorf("%s %s: the authority section is %q", c.name, c.qtype, ns)
		}
	}
	if got := texts(s.ask("www.child.a.example.", "A").Extra); !slices.Equal(got, []string{"ns.child.a.example. 60 IN A 192.0.2.54"}) {
		t.Errorf("a referral has its glue: %q", got)
	}
	notify := query("a.example.", "SOA")
	notify.Opcode = dns.OpcodeNotify
	if rcode := s.exchange(notify).Rcode; rcode != dns.RcodeNotImplemented {
		t.Errorf("a NOTIFY is %s", dns.RcodeToString[rcode])
	}
}

func TestSignaturesAndDenialsAreAddedWhenAskedFor(t *testing.T) {
	const signature = " 13 3 3600 20300101000000 20200101000000 1 a.example. AAAA"
	m := startMariadb(t, true)
	m.put("a.example.", zoneLines(1,
		"@ 3600 RRSIG SOA"+signature, "@ 3600 RRSIG NS"+signature, "@ 300 NSEC www.a.example. NS SOA RRSIG NSEC",
		"@ 300 RRSIG NSEC"+signature, "www 60 A 192.0.2.1", "www 60 RRSIG A"+signature,
		"www 300 NSEC a.example. A RRSIG NSEC", "www 300 RRSIG NSEC"+signature)...)
	s := serve(t, m)
	for _, c := range []struct {
		name, qtype  string
		section      func(*dns.Msg) []dns.RR
		types        []uint16
		withoutTypes []uint16
	}{
		{"www.a.example.", "A", func(m *dns.Msg) []dns.RR { return m.Answer }, []uint16{dns.TypeA, dns.TypeRRSIG}, []uint16{dns.TypeA}},
		{"www.a.example.", "MX", func(m *dns.Msg) []dns.RR { return m.Ns }, []uint16{dns.TypeSOA, dns.TypeRRSIG, dns.TypeNSEC, dns.TypeRRSIG}, []uint16{dns.TypeSOA}},
		{"x.a.example.", "A", func(m *dns.Msg) []dns.RR { return m.Ns }, []uint16{dns.TypeSOA, dns.TypeRRSIG, dns.TypeNSEC, dns.TypeRRSIG, dns.TypeNSEC, dns.TypeRRSIG}, []uint16{dns.TypeSOA}},
	} {
		for _, do := range []bool{true, false} {
			q := query(c.name, c.qtype)
			want := c.withoutTypes
			if do {
				q.SetEdns0(1232, true)
				want = c.types
			}
			var got []uint16
			for _, rr := range c.section(s.exchange(q)) {
				got = append(got, rr.Header().Rrtype)
				if rr.Header().Ttl > 300 && c.qtype != "A" {
					t.Errorf("a denial is kept for longer than its SOA says: %v", rr)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s %s, DO %v: types %v, not %v", c.name, c.qtype, do, got, want)
			}
		}
	}
}
