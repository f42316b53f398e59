package dadns

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// soon is when a change has to be seen: many times the 50 ms of `refresh`, as machines are busy.
const soon = 10 * time.Second

func TestNewChangedAndRemovedZonesAreSeenAtTheNextRefresh(t *testing.T) {
	m := startMariadb(t, true)
	m.put("a.example.", zoneLines(1, "www 60 A 192.0.2.1")...)
	s := serve(t, m)
	if !s.answers("www.a.example.", "A", "192.0.2.1") {
		t.Error("a started server has the zones at once")
	}
	m.put("b.example.", zoneLines(1, "www 60 A 192.0.2.2")...)
	s.becomes("www.b.example.", "A", "192.0.2.2", soon)
	m.put("b.example.", zoneLines(2, "www 60 A 192.0.2.3")...)
	s.becomes("www.b.example.", "A", "192.0.2.3", soon)
	m.remove("b.example.")
	eventually(t, "a removed zone is refused", soon, func() bool {
		return s.ask("www.b.example.", "A").Rcode == dns.RcodeRefused
	})
	if !s.answers("www.a.example.", "A", "192.0.2.1") {
		t.Error("the other zone is as before")
	}
	eventually(t, "a removed zone is not counted", soon, func() bool { return counted(t, s.refresher().metrics.zones) == 1 })
	m.put("b.example.", zoneLines(4, "www 60 A 192.0.2.4")...)
	s.becomes("www.b.example.", "A", "192.0.2.4", soon)
}

func TestTheCostFollowsTheChanges(t *testing.T) {
	m := startMariadb(t, true)
	for i := range 20 {
		m.put(fmt.Sprintf("z%d.example.", i), zoneLines(1, "www 60 A 192.0.2.1")...)
	}
	s := serve(t, m, "poll 1h")
	r := s.refresher()
	loaded, rows := counted(t, r.metrics.zonesLoaded), counted(t, r.metrics.rowsRead)
	m.put("z7.example.", zoneLines(2, "www 60 A 192.0.2.2")...)
	s.becomes("www.z7.example.", "A", "192.0.2.2", soon)
	if zones, read := counted(t, r.metrics.zonesLoaded)-loaded, counted(t, r.metrics.rowsRead)-rows; zones != 1 || read != 3 {
		t.Errorf("one changed zone of 3 rows costs %v zones and %v rows", zones, read)
	}
	before := counted(t, r.metrics.statements)
	eventually(t, "it goes on looking", soon, func() bool { return counted(t, r.metrics.statements) >= before+3 })
	if again := counted(t, r.metrics.zonesLoaded) - loaded; again != 1 {
		t.Errorf("%v zones are loaded for nothing", again-1)
	}
}

func TestWithoutTheFeedEverythingIsPolled(t *testing.T) {
	m := startMariadb(t, false)
	m.putUnmanaged("a.example.", zoneLines(1, "www 60 A 192.0.2.1")...)
	s := serve(t, m, "poll 1h")
	if !s.answers("www.a.example.", "A", "192.0.2.1") {
		t.Error("a started server has the zones at once")
	}
	m.putUnmanaged("a.example.", zoneLines(2, "www 60 A 192.0.2.2")...)
	s.becomes("www.a.example.", "A", "192.0.2.2", soon)
	m.putUnmanaged("b.example.", zoneLines(1, "www 60 A 192.0.2.3")...)
	s.becomes("www.b.example.", "A", "192.0.2.3", soon)
	m.sql("DELETE r FROM records r JOIN zones z ON z.id = r.zone_id WHERE zone_name = 'b.example.';" +
		"DELETE FROM zones WHERE zone_name = 'b.example.'")
	eventually(t, "a removed zone is refused", soon, func() bool {
		return s.ask("www.b.example.", "A").Rcode == dns.RcodeRefused
	})
	// The feed comes, and takes the zone over.
	m.sql(feedSchema)
	m.put("a.example.", zoneLines(3, "www 60 A 192.0.2.9")...)
	s.becomes("www.a.example.", "A", "192.0.2.9", soon)
}

func TestZonesOfOthersAreServedBesideTheFeed(t *testing.T) {
	m := startMariadb(t, true)
	m.put("ours.example.", zoneLines(1, "www 60 A 192.0.2.1")...)
	m.putUnmanaged("theirs.example.", zoneLines(1, "www 60 A 192.0.2.2")...)
	s := serve(t, m)
	if !s.answers("www.ours.example.", "A", "192.0.2.1") || !s.answers("www.theirs.example.", "A", "192.0.2.2") {
		t.Error("a started server has both at once")
	}
	m.putUnmanaged("theirs.example.", zoneLines(2, "www 60 A 192.0.2.3")...)
	s.becomes("www.theirs.example.", "A", "192.0.2.3", soon)
	m.put("theirs.example.", zoneLines(3, "www 60 A 192.0.2.4")...)
	s.becomes("www.theirs.example.", "A", "192.0.2.4", soon)
	m.remove("theirs.example.")
	eventually(t, "a removed zone is refused", soon, func() bool {
		return s.ask("www.theirs.example.", "A").Rcode == dns.RcodeRefused
	})
	m.putUnmanaged("theirs.example.", zoneLines(4, "www 60 A 192.0.2.5")...)
	s.becomes("www.theirs.example.", "A", "192.0.2.5", soon)
}

func TestAZoneThatOthersWriteRowByRowIsWholeInTheEnd(t *testing.T) {
	m := startMariadb(t, true)
	s := serve(t, m, "poll 400ms")
	m.putUnmanaged("a.example.", zoneLines(1)...)
	eventually(t, "the first half is served", soon, func() bool {
		return s.ask("a.example.", "SOA").Rcode == dns.RcodeSuccess
	})
	m.sql("INSERT INTO records (zone_id, hostname, ttl, type, data, online)" +
		" SELECT id, 'www', 60, 'A', '192.0.2.1', 1 FROM zones")
	s.becomes("www.a.example.", "A", "192.0.2.1", soon)
}

func TestTheZonesOutliveTheDatabaseAndItsReturnIsNoticed(t *testing.T) {
	m := startMariadb(t, true)
	m.put("a.example.", zoneLines(1, "www 60 A 192.0.2.1")...)
	s := serve(t, m)
	r := s.refresher()
	if !r.current.Load() {
		t.Error("it is ready")
	}
	m.kill()
	eventually(t, "it is not ready without the database", soon, func() bool { return !r.current.Load() })
	if counted(t, r.metrics.up) != 0 {
		t.Error("the metric says so")
	}
	if !s.answers("www.a.example.", "A", "192.0.2.1") {
		t.Error("it answers on")
	}
	m.run()
	m.put("a.example.", zoneLines(2, "www 60 A 192.0.2.2")...)
	s.becomes("www.a.example.", "A", "192.0.2.2", mostBackoff+soon)
	eventually(t, "it is ready", soon, func() bool { return r.current.Load() && counted(t, r.metrics.up) == 1 })
}

func TestAServerThatStartsWithoutTheDatabaseIsEmptyAndFillsLater(t *testing.T) {
	m := startMariadb(t, true)
	m.put("a.example.", zoneLines(1, "www 60 A 192.0.2.1")...)
	m.kill()
	s := serve(t, m)
	if s.ask("www.a.example.", "A").Rcode != dns.RcodeRefused || s.refresher().current.Load() {
		t.Error("it has nothing, and is not ready")
	}
	m.run()
	s.becomes("www.a.example.", "A", "192.0.2.1", mostBackoff+soon)
}

func TestAnOlderStateThatIsRestoredIsServed(t *testing.T) {
	m := startMariadb(t, true)
	m.put("a.example.", zoneLines(1, "www 60 A 192.0.2.1")...)
	copies := ""
	for _, name := range []string{"zones", "records", "dadns_changes"} {
		copies += fmt.Sprintf("CREATE TABLE old_%[1]s AS SELECT * FROM %[1]s;", name)
	}
	m.sql(copies)
	s := serve(t, m, "poll 1h")
	m.put("a.example.", zoneLines(2, "www 60 A 192.0.2.2")...)
	m.put("b.example.", zoneLines(1, "www 60 A 192.0.2.3")...)
	s.becomes("www.b.example.", "A", "192.0.2.3", soon)

	// In place, so that the connection lives on.
	m.sql("START TRANSACTION; DELETE FROM records; DELETE FROM zones; DELETE FROM dadns_changes;" +
		"INSERT INTO zones SELECT * FROM old_zones; INSERT INTO records SELECT * FROM old_records;" +
		"INSERT INTO dadns_changes SELECT * FROM old_dadns_changes; COMMIT")
	s.becomes("www.a.example.", "A", "192.0.2.1", soon)
	eventually(t, "a zone that is not in it is refused", soon, func() bool {
		return s.ask("www.b.example.", "A").Rcode == dns.RcodeRefused
	})
}

func TestBadRowsCostOnlyThemselves(t *testing.T) {
	m := startMariadb(t, true)
	m.put("a.example.", zoneLines(1, "www 60 A 192.0.2.1", "www 60 A nonsense", "www 60 A 192.0.2.2\n$INCLUDE /etc/passwd",
		" 60 A 192.0.2.3", "x.other.example. 60 A 192.0.2.4", "ok 60 TXT \"b\"")...)
	m.sql("INSERT INTO records (zone_id, hostname, type, data, ttl, online) SELECT id, NULL, 'A', NULL, NULL, 1 FROM zones;" +
		"INSERT INTO records (zone_id, hostname, type, data, ttl, online) SELECT id, 'off', 'A', '192.0.2.5', 60, 0 FROM zones")
	s := serve(t, m)
	if !s.answers("www.a.example.", "A", "192.0.2.1") || !s.answers("ok.a.example.", "TXT", `"b"`) {
		t.Error("the good rows are served")
	}
	if rcode := s.ask("off.a.example.", "A").Rcode; rcode != dns.RcodeNameError {
		t.Errorf("a row that is off is not there: %s", dns.RcodeToString[rcode])
	}
	if bad := counted(t, s.refresher().metrics.rowsRefused); bad < 5 {
		t.Errorf("5 are bad, %v counted", bad)
	}
}

func TestAZoneWithoutSOAIsServedAsItWasOrNotAtAll(t *testing.T) {
	m := startMariadb(t, true)
	m.put("never.example.", "@ 60 NS ns.example.net.", "www 60 A 192.0.2.1")
	m.put("once.example.", zoneLines(1, "www 60 A 192.0.2.1")...)
	s := serve(t, m)
	r := s.refresher()
	if rcode := s.ask("www.never.example.", "A").Rcode; rcode != dns.RcodeServerFailure {
		t.Errorf("a zone that never had one fails: %s", dns.RcodeToString[rcode])
	}
	m.put("once.example.", "www 60 A 192.0.2.2")
	eventually(t, "both are counted", soon, func() bool { return counted(t, r.metrics.withoutSOA) == 2 })
	if !s.answers("www.once.example.", "A", "192.0.2.1") {
		t.Error("the version before is served")
	}
	m.put("once.example.", zoneLines(3, "www 60 A 192.0.2.3")...)
	m.put("never.example.", zoneLines(3, "www 60 A 192.0.2.3")...)
	s.becomes("www.once.example.", "A", "192.0.2.3", soon)
	s.becomes("www.never.example.", "A", "192.0.2.3", soon)
	eventually(t, "none is counted", soon, func() bool { return counted(t, r.metrics.withoutSOA) == 0 })
}

func TestAFailedRefreshSaysWhyWithoutThePassword(t *testing.T) {
	m := startMariadb(t, true)
	m.sql("DROP TABLE records")
	s := newRefresher(settingsOf(t, m, "geheim"), &zones{})
	wrong := newRefresher(settingsOf(t, m, "geheim-falsch"), &zones{})
	for r, why := range map[*refresher]string{s: "records", wrong: "Access denied"} {
		err := r.refresh(t.Context())
		r.disconnect()
		r.db.Close()
		if err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%v", err)
		}
	}
}

// settingsOf are those for m, with this password.
func settingsOf(t *testing.T, m *mariadb, password string) *settings {
	t.Helper()
	s, err := parseText("dadns {\n dsn " + strings.Replace(m.dsn(), "geheim", password, 1) + "\n}")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// counted is the value of a metric.
func counted(t *testing.T, metric prometheus.Metric) float64 {
	t.Helper()
	var read dto.Metric
	if err := metric.Write(&read); err != nil {
		t.Fatal(err)
	}
	if read.Counter != nil {
		return read.Counter.GetValue()
	}
	return read.Gauge.GetValue()
}
