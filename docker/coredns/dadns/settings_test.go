package dadns

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
)

func parseText(text string) (*settings, error) { return parse(caddy.NewTestController("dns", text)) }

func TestABlockWithOnlyADatabaseHasTheDefaults(t *testing.T) {
	s, err := parseText("dadns {\n dsn u:p@tcp(127.0.0.1:3306)/coredns\n}")
	if err != nil {
		t.Fatal(err)
	}
	if s.tables != (tables{"`zones`", "`records`", "`dadns_changes`"}) {
		t.Errorf("%v", s.tables)
	}
	if s.refresh != time.Second || s.poll != 30*time.Second || s.dsn.Timeout != 5*time.Second ||
		s.maxConnections != 4 || s.maxIdle != 2 {
		t.Errorf("%+v", s)
	}
}

func TestEveryPropertyIsTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(path, []byte("u:p#w@tcp(db:3307)/other?tls=preferred\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := parseText("dadns {\n dsn_file " + path + "\n zones_table dns.zones_$1\n records_table r\n changes_table c\n" +
		" refresh 2s\n poll 1m\n timeout 3s\n max_open_connections 7\n max_idle_connections 1\n}")
	if err != nil {
		t.Fatal(err)
	}
	if s.tables != (tables{"`dns`.`zones_$1`", "`r`", "`c`"}) || s.refresh != 2*time.Second || s.poll != time.Minute ||
		s.dsn.ReadTimeout != 3*time.Second || s.maxConnections != 7 || s.maxIdle != 1 {
		t.Errorf("%+v", s)
	}
	if s.dsn.Addr != "db:3307" || s.dsn.Passwd != "p#w" || s.dsn.DBName != "other" {
		t.Errorf("%+v", s.dsn)
	}
}

func TestABadBlockIsRefusedWithoutTellingThePassword(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(path, []byte("geheim@nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := "dsn u:geheim@tcp(127.0.0.1:3306)/coredns"
	for _, block := range []string{
		"", "refresh 1s", "dsn", "dsn geheim", "dsn u:geheim@tcp(127.0.0.1:3306)/", "dsn u:geheim@nowhere(x)/y",
		"dsn u:geheim@tcp(h)/d?timeout=geheim", "dsn u:geheim@tcp(h)/d?tls=geheim", "dsn u: geheim@tcp(h)/d",
		"u:geheim@tcp(127.0.0.1:3306)/coredns", good + "\n" + good, good + "\n dsn_file " + path,
		"dsn_file " + path, "dsn_file " + path + ".missing",
		good + "\n nonsense 1", good + "\n refresh", good + "\n refresh 1", good + "\n refresh 0s", good + "\n refresh -1s",
		good + "\n refresh 1s 2s", good + "\n poll soon", good + "\n timeout 25h",
		good + "\n zones_table zones;drop", good + "\n zones_table a.b.c", good + "\n records_table `r`",
		good + "\n changes_table \"a b\"", good + "\n zones_table .a",
		good + "\n max_open_connections 0", good + "\n max_idle_connections x",
	} {
		_, err := parseText("dadns {\n " + block + "\n}")
		if err == nil {
			t.Errorf("taken: %s", block)
		} else if strings.Contains(err.Error(), "geheim") {
			t.Errorf("tells the password: %v", err)
		}
	}
	if _, err := parseText("dadns example.com {\n " + good + "\n}"); err == nil {
		t.Error("arguments are taken")
	}
}
