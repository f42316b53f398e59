package dadns

import (
	"testing"

	"github.com/miekg/dns"
)

func TestTheZoneWithTheLongestApexAnswers(t *testing.T) {
	z := &zones{}
	for _, name := range []string{"example.", "child.example.", `a\.b.example.`} {
		z.put(name, &zone{name: name})
	}
	for _, c := range []struct {
		name  string
		qtype uint16
		want  string
	}{
		{"example.", dns.TypeA, "example."},
		{"www.example.", dns.TypeA, "example."},
		{"xchild.example.", dns.TypeA, "example."},
		{"child.example.", dns.TypeA, "child.example."},
		{"a.b.child.example.", dns.TypeA, "child.example."},
		{`a\.b.example.`, dns.TypeA, `a\.b.example.`},
		{`b.example.`, dns.TypeA, "example."},
		{"child.example.", dns.TypeDS, "example."},
		{"www.child.example.", dns.TypeDS, "child.example."},
		{"example.", dns.TypeDS, "example."},
		{"test.", dns.TypeA, ""},
		{".", dns.TypeA, ""},
	} {
		got := ""
		if found := z.find(c.name, c.qtype); found != nil {
			got = found.name
		}
		if got != c.want {
			t.Errorf("%s %s: %q, not %q", c.name, dns.TypeToString[c.qtype], got, c.want)
		}
	}
	z.remove("child.example.")
	if found := z.find("child.example.", dns.TypeA); found.name != "example." {
		t.Errorf("after its removal the parent answers, not %s", found.name)
	}
	z.put(".", &zone{name: "."})
	if found := z.find("test.", dns.TypeA); found.name != "." {
		t.Errorf("the root answers, not %s", found.name)
	}
}
