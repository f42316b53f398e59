package dadns

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	_ "github.com/coredns/coredns/plugin/bind"
	"github.com/miekg/dns"
)

func init() {
	dnsserver.Directives = []string{"bind", pluginName}
	dnsserver.Quiet = true
	caddy.Quiet = true
	if err := dnsserver.Register(); err != nil {
		panic(err)
	}
}

// server is a CoreDNS in this process, with one server block.
type server struct {
	t        *testing.T
	instance *caddy.Instance
	input    caddy.CaddyfileInput
	address  string
}

// serve starts it; lines are further ones of the dadns block.
func serve(t *testing.T, m *mariadb, lines ...string) *server {
	t.Helper()
	port := freePort(t)
	corefile := fmt.Sprintf(".:%d {\n bind 127.0.0.1\n dadns {\n dsn %s\n refresh 50ms\n poll 100ms\n %s\n }\n}\n",
		port, m.dsn(), strings.Join(lines, "\n"))
	input := caddy.CaddyfileInput{Contents: []byte(corefile), ServerTypeName: "dns"}
	instance, err := caddy.Start(input)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t, instance, input, fmt.Sprintf("127.0.0.1:%d", port)}
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *server) stop() {
	s.instance.ShutdownCallbacks()
	s.instance.Stop()
}

// refresher is the one that the server has started.
func (s *server) refresher() *refresher {
	s.t.Helper()
	instances.Lock()
	defer instances.Unlock()
	for _, running := range instances.running {
		return running[0]
	}
	s.t.Fatal("no refresher is running")
	return nil
}

func (s *server) ask(name, qtype string) *dns.Msg {
	s.t.Helper()
	return s.exchange(query(name, qtype))
}

func (s *server) exchange(q *dns.Msg) *dns.Msg {
	s.t.Helper()
	client := &dns.Client{Timeout: 5 * time.Second}
	answer, _, err := client.Exchange(q, s.address)
	if err != nil {
		s.t.Fatalf("%v: %v", q.Question, err)
	}
	return answer
}

func query(name, qtype string) *dns.Msg {
	return new(dns.Msg).SetQuestion(name, dns.StringToType[qtype])
}

// answers tells whether the answer is that one record with this data, or none for "".
func (s *server) answers(name, qtype, data string) bool {
	s.t.Helper()
	answer := s.ask(name, qtype).Answer
	if data == "" {
		return len(answer) == 0
	}
	return len(answer) == 1 && strings.HasSuffix(answer[0].String(), "\t"+data)
}

// becomes waits for that.
func (s *server) becomes(name, qtype, data string, within time.Duration) {
	s.t.Helper()
	eventually(s.t, fmt.Sprintf("%s %s is %q", name, qtype, data), within,
		func() bool { return s.answers(name, qtype, data) })
}

// texts are the records of a section, as lines with single spaces, sorted out of nothing but order.
func texts(section []dns.RR) []string {
	lines := []string{}
	for _, rr := range section {
		lines = append(lines, strings.Join(strings.Fields(rr.String()), " "))
	}
	return lines
}

// zoneLines are those of a small zone.
func zoneLines(serial int, more ...string) []string {
	return append([]string{
		fmt.Sprintf("@ 3600 SOA ns.example.net. host.example.net. %d 7200 3600 1209600 300", serial),
		"@ 3600 NS ns.example.net.",
	}, more...)
}
