package dadns

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

func text(value string) sql.NullString { return sql.NullString{String: value, Valid: true} }

func rowOf(hostname, rtype, data string) row {
	return row{1, text(hostname), text(rtype), text(data), sql.NullInt64{Int64: 60, Valid: true}}
}

const soa = "ns.example.net. host.example.net. 1 7200 3600 1209600 300"

func TestARowIsOneRecord(t *testing.T) {
	for _, c := range []struct{ hostname, rtype, data, want string }{
		{"@", "A", "192.0.2.1", "a.example. 60 IN A 192.0.2.1"},
		{"WWW", "a", "192.0.2.1", "www.a.example. 60 IN A 192.0.2.1"},
		{"*.x.y", "MX", "10 Mail.a.example.", "*.x.y.a.example. 60 IN MX 10 mail.a.example."},
		{`dot\.ted`, "TXT", `"a b" c`, `dot\.ted.a.example. 60 IN TXT "a b" "c"`},
		{`dot\046ted`, "TXT", `"a;b"`, `dot\.ted.a.example. 60 IN TXT "a;b"`},
		{`\@`, "TXT", `a\;b`, `\@.a.example. 60 IN TXT "a;b"`},
		{`sp\032ace`, "TXT", `"\"\\"`, `sp\ ace.a.example. 60 IN TXT "\"\\"`},
		{"_s._tcp", "SRV", "0 5 5060 Sip.a.example.", "_s._tcp.a.example. 60 IN SRV 0 5 5060 Sip.a.example."},
		{"_S._TCP", "SRV", "0 5 5060 sip.a.example.", "_s._tcp.a.example. 60 IN SRV 0 5 5060 sip.a.example."},
		{"x", "TYPE65280", `\# 3 abcdef`, `x.a.example. 60 CLASS1 TYPE65280 \# 3 abcdef`},
		{"x", "TYPE65280", `\# 0`, `x.a.example. 60 CLASS1 TYPE65280 \# 0`},
		{"x", "TYPE1", `\# 4 c0000201`, "x.a.example. 60 IN A 192.0.2.1"},
		{"x", "A", `\# 4 c0000201`, "x.a.example. 60 IN A 192.0.2.1"},
		{"x", "HTTPS", `1 . alpn="h2,h3"`, `x.a.example. 60 IN HTTPS 1 . alpn="h2,h3"`},
		{"x", "CAA", `0 issue "ca.example; a=b"`, `x.a.example. 60 IN CAA 0 issue "ca.example; a=b"`},
		{"x", "TXT", `"$INCLUDE /etc/passwd"`, `x.a.example. 60 IN TXT "$INCLUDE /etc/passwd"`},
		{"@", "SOA", soa, "a.example. 60 IN SOA " + soa},
		{"@", "SOA", strings.Replace(soa, "1 7200", "( 1 7200", 1) + " )", "a.example. 60 IN SOA " + soa},
	} {
		b := newBuilder("a.example.")
		b.add(rowOf(c.hostname, c.rtype, c.data))
		if len(b.refusals) > 0 {
			t.Errorf("%v: %v", c, b.refusals[0])
			continue
		}
		var got []dns.RR
		for _, rrs := range b.seen {
			got = append(got, rrs...)
		}
		if lines := texts(got); len(lines) != 1 || lines[0] != c.want {
			t.Errorf("%v: %q", c, lines)
		}
	}
}

func TestARowThatIsNotOneRecordIsRefusedAndSaysWhy(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, c := range []struct{ hostname, rtype, data, why string }{
		{"", "A", "192.0.2.1", "it is empty"},
		{"www.", "A", "192.0.2.1", "relative to the apex"},
		{"www.other.example.", "A", "192.0.2.1", "relative to the apex"},
		{".", "A", "192.0.2.1", "relative to the apex"},
		{"a..b", "A", "192.0.2.1", "empty label"},
		{".a", "A", "192.0.2.1", "empty label"},
		{long, "A", "192.0.2.1", "more than 63"},
		{strings.Repeat("a.", 125) + "a", "A", "192.0.2.1", "more than 255"},
		{`a\`, "A", "192.0.2.1", "ends in a backslash"},
		{`a\25`, "A", "192.0.2.1", "fewer than three digits"},
		{`a\256`, "A", "192.0.2.1", "no octet"},
		{"a b", "A", "192.0.2.1", "octet 32"},
		{"a\nb", "A", "192.0.2.1", "octet 10"},
		{"ä", "A", "192.0.2.1", "octet 195"},
		{"$INCLUDE /etc/passwd", "A", "192.0.2.1", "octet 32"},
		{"x", "A", "", "no RDATA"},
		{"x", "A", " ", "no RDATA"},
		{"x", "TXT", "", "empty"},
		{"x", "A", "192.0.2.1\nx A 192.0.2.2", "control character 10"},
		{"x", "TXT", "\"a\nb\"", "control character 10"},
		{"x", "TXT", "\"a\\\nb\"", "control character 10"},
		{"x", "TXT", "\"a\x00b\"", "control character 0"},
		{"x", "A", "192.0.2.1\r", "control character 13"},
		{"x", "A", "192.0.2.1\n$INCLUDE /etc/passwd", "control character 10"},
		{"x", "A", "192.0.2.1 192.0.2.2", "no RDATA"},
		{"x", "A", "192.0.2.1 ; a comment", "semicolon"},
		{"x", "A", "; a comment", "semicolon"},
		{"x", "A", "2001:db8::1", "no RDATA"},
		{"x", "A", "60 IN A 192.0.2.1", "no RDATA"},
		{"x", "AAAA", "192.0.2.1", "no RDATA"},
		{"x", "A", "(192.0.2.1", "no RDATA"},
		{"x", "TXT", `"a`, "no RDATA"},
		{"x", "TXT", `"a" "`, "no RDATA"},
		{"x", "CNAME", "relative", "no RDATA"},
		{"x", "CNAME", "@", "no RDATA"},
		{"x", "MX", "10", "no RDATA"},
		{"x", "MX", "65536 mail.a.example.", "no RDATA"},
		{"x", "A", `\# 3 c00002`, "no RDATA"},
		{"x", "A", `\# 0`, "empty"},
		{"x", "TYPE65280", "abcdef", "no RDATA"},
		{"x", "NOSUCH", "1", "unknown"},
		{"x", "TYPE65536", `\# 0`, "unknown"},
		{"x", "TYPE", `\# 0`, "unknown"},
		{"x", "TYPE-1", `\# 0`, "unknown"},
		{"x", "A IN", "192.0.2.1", "unknown"},
		{"x", "ANY", `\# 0`, "no zone has"},
		{"x", "AXFR", `\# 0`, "no zone has"},
		{"x", "OPT", `\# 0`, "no zone has"},
		{"x", "TYPE0", `\# 0`, "no zone has"},
		{"x", "SOA", soa, "belongs to the apex"},
	} {
		b := newBuilder("a.example.")
		b.add(rowOf(c.hostname, c.rtype, c.data))
		if len(b.refusals) != 1 || len(b.seen) != 0 {
			t.Errorf("%q is taken: %v", c, b.seen)
		} else if told := b.refusals[0].String(); !strings.Contains(told, c.why) || strings.ContainsAny(told, "\n\r\x00") {
			t.Errorf("%q: %s", c, told)
		}
	}
}

func TestARowWithNullOrAnImpossibleTTLIsRefused(t *testing.T) {
	good := rowOf("x", "A", "192.0.2.1")
	for _, spoil := range []func(*row){
		func(r *row) { r.hostname.Valid = false },
		func(r *row) { r.rtype.Valid = false },
		func(r *row) { r.data.Valid = false },
		func(r *row) { r.ttl.Valid = false },
		func(r *row) { r.ttl.Int64 = -1 },
		func(r *row) { r.ttl.Int64 = 1 << 31 },
	} {
		bad := good
		spoil(&bad)
		b := newBuilder("a.example.")
		b.add(bad)
		if len(b.refusals) != 1 || len(b.seen) != 0 {
			t.Errorf("%v is taken", bad)
		}
	}
}

func TestABadRowCostsNothingButItself(t *testing.T) {
	b := newBuilder("a.example.")
	for _, r := range []row{
		rowOf("@", "SOA", soa), rowOf("@", "SOA", strings.Replace(soa, " 1 ", " 2 ", 1)), rowOf("x", "A", "192.0.2.1"),
		rowOf("x", "A", "nonsense"), rowOf("x", "A", "192.0.2.2"), rowOf("x", "A", "192.0.2.2"),
		rowOf("c", "CNAME", "x.a.example."), rowOf("c", "CNAME", "y.a.example."),
	} {
		b.add(r)
	}
	if len(b.refusals) != 3 {
		t.Errorf("a second SOA, nonsense and a second CNAME are bad, not %v", b.refusals)
	}
	if addresses := b.seen[rrset{"x.a.example.", dns.TypeA}]; len(addresses) != 2 {
		t.Errorf("the good ones of the RRset, each once, are not %v", addresses)
	}
	if b.finish() == nil || b.zone.SOA.Serial != 1 {
		t.Errorf("the zone has the first SOA, not %v", b.zone.SOA)
	}
}

func TestAZoneWithoutSOAIsNone(t *testing.T) {
	b := newBuilder("a.example.")
	b.add(rowOf("@", "NS", "ns.example.net."))
	b.add(rowOf("@", "SOA", "nonsense"))
	if b.finish() != nil {
		t.Error("it is one")
	}
}

func TestNSEC3RecordsAreCountedAndNotRefused(t *testing.T) {
	b := newBuilder("a.example.")
	b.add(rowOf("@", "SOA", soa))
	b.add(rowOf("@", "NSEC3PARAM", "1 0 0 -"))
	b.add(rowOf("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "NSEC3", "1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A RRSIG"))
	b.add(rowOf("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "RRSIG", "NSEC3 13 3 300 20300101000000 20200101000000 1 a.example. AAAA"))
	if b.nsec3 != 3 || len(b.refusals) != 0 || b.zone.Count != 0 {
		t.Errorf("%d of 3, %v", b.nsec3, b.refusals)
	}
}

func TestNamesOfZonesAreAbsoluteAndGetOneSpelling(t *testing.T) {
	for name, want := range map[string]string{
		"example.com.": "example.com.", "EXAMPLE.com.": "example.com.", ".": ".", `a\046b.example.`: `a\.b.example.`,
		"example.com": "", "": "", "..": "", "a b.": "",
	} {
		got, err := canonicalName(name)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v", name, got, err)
		}
	}
}

func FuzzRowsAreOneRecordOrNone(f *testing.F) {
	f.Add("@", "SOA", soa)
	f.Add("x", "TXT", "\"a\n$INCLUDE b\"")
	f.Add(`\000\.`, "TYPE65280", `\# 1 00`)
	f.Fuzz(func(t *testing.T, hostname, rtype, data string) {
		b := newBuilder("a.example.")
		b.add(rowOf(hostname, rtype, data))
		if b.nsec3+len(b.refusals)+len(b.seen) != 1 {
			t.Fatalf("%d records, %v", len(b.seen), b.refusals)
		}
		for set, rrs := range b.seen {
			if !dns.IsSubDomain("a.example.", set.owner) || rrs[0].Header().Ttl != 60 {
				t.Fatalf("%v", rrs)
			}
			if _, err := (&dns.Msg{Answer: rrs}).Pack(); err != nil {
				t.Fatalf("%v does not fit into an answer: %v", rrs, err)
			}
		}
	})
}
