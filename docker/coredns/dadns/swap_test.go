package dadns

import (
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"
)

func TestNoQuerySeesHalfAZoneWhileItIsSwapped(t *testing.T) {
	m := startMariadb(t, true)
	write := func(n int) {
		lines := zoneLines(n, fmt.Sprintf("alias 60 CNAME %d.target.a.example.", n), fmt.Sprintf("*.target 60 TXT \"%d\"", n))
		for i := range 5 {
			lines = append(lines, fmt.Sprintf("set 60 TXT \"%d of %d\"", i, n))
		}
		m.put("a.example.", lines...)
	}
	write(1)
	s := serve(t, m, "refresh 10ms")
	done := make(chan struct{})
	var askers sync.WaitGroup
	for range 4 {
		askers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if why := mixed(s); why != "" {
					t.Error(why)
					return
				}
			}
		})
	}
	const last = 60
	for n := 2; n <= last; n++ {
		write(n)
	}
	eventually(t, "the last version is served", soon, func() bool {
		return strings.HasSuffix(s.ask("alias.a.example.", "TXT").Answer[1].String(), fmt.Sprintf("%q", fmt.Sprint(last)))
	})
	close(done)
	askers.Wait()
}

// mixed tells of an answer that is not one whole version.
func mixed(s *server) string {
	client := &dns.Client{}
	set, _, err := client.Exchange(query("set.a.example.", "TXT"), s.address)
	if err != nil {
		return err.Error()
	}
	versions := make(map[string]bool)
	for _, rr := range set.Answer {
		_, version, _ := strings.Cut(rr.(*dns.TXT).Txt[0], " of ")
		versions[version] = true
	}
	if len(set.Answer) != 5 || len(versions) != 1 {
		return fmt.Sprintf("not one version: %v", set.Answer)
	}
	alias, _, err := client.Exchange(query("alias.a.example.", "TXT"), s.address)
	if err != nil {
		return err.Error()
	}
	if len(alias.Answer) != 2 {
		return fmt.Sprintf("not a CNAME and its target: %v", alias)
	}
	target, _, _ := strings.Cut(alias.Answer[0].(*dns.CNAME).Target, ".")
	if found := alias.Answer[1].(*dns.TXT).Txt[0]; found != target {
		return fmt.Sprintf("the CNAME is of version %s, its target of %s", target, found)
	}
	return ""
}

func TestAReloadLeavesNothingBehindAndAnswersAtOnce(t *testing.T) {
	m := startMariadb(t, true)
	m.put("a.example.", zoneLines(1, "www 60 A 192.0.2.1")...)
	s := serve(t, m)
	connections := func() int64 {
		return m.number("SELECT COUNT(*) FROM information_schema.processlist WHERE command <> 'Daemon' AND id <> CONNECTION_ID()")
	}
	before, goroutines := connections(), runtime.NumGoroutine()
	for range 5 {
		next, err := s.instance.Restart(s.input)
		if err != nil {
			t.Fatal(err)
		}
		s.instance = next
		if !s.answers("www.a.example.", "A", "192.0.2.1") {
			t.Error("a reloaded server has the zones at once")
		}
	}
	eventually(t, "no connection is left over", soon, func() bool { return connections() <= before })
	eventually(t, "no goroutine is left over", soon, func() bool { return runtime.NumGoroutine() <= goroutines+2 })
}

func TestAReloadThatFailsLeavesTheOldServerAndNothingElse(t *testing.T) {
	m := startMariadb(t, true)
	m.put("a.example.", zoneLines(1, "www 60 A 192.0.2.1")...)
	s := serve(t, m)
	old := s.refresher()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	bad := string(s.input.Contents) + strings.ReplaceAll(string(s.input.Contents),
		s.address[strings.LastIndex(s.address, ":"):], fmt.Sprintf(":%d", taken.Addr().(*net.TCPAddr).Port))
	if _, err := s.instance.Restart(caddy.CaddyfileInput{Contents: []byte(bad), ServerTypeName: "dns"}); err == nil {
		t.Fatal("a port that is taken is no error")
	}
	instances.Lock()
	left := len(instances.running)
	instances.Unlock()
	if left != 1 || s.refresher() != old {
		t.Errorf("%d instances are running", left)
	}
	m.put("a.example.", zoneLines(2, "www 60 A 192.0.2.2")...)
	s.becomes("www.a.example.", "A", "192.0.2.2", soon)
}
