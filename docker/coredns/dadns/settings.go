package dadns

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/coredns/caddy"
	"github.com/go-sql-driver/mysql"
)

// settings is what a dadns block of a Corefile says.
type settings struct {
	dsn            *mysql.Config
	connector      driver.Connector
	tables         tables
	refresh        time.Duration
	poll           time.Duration
	timeout        time.Duration
	maxConnections int
	maxIdle        int
}

// tables are the names of the tables, quoted for SQL.
type tables struct{ zones, records, changes string }

// parse reads one dadns block. No error repeats a value that could be, or hold, the password.
func parse(c *caddy.Controller) (*settings, error) {
	s := &settings{
		tables:         tables{zones: "`zones`", records: "`records`", changes: "`dadns_changes`"},
		refresh:        time.Second,
		poll:           30 * time.Second,
		timeout:        5 * time.Second,
		maxConnections: 4,
		maxIdle:        2,
	}
	c.Next() // dadns
	if len(c.RemainingArgs()) > 0 {
		return nil, c.Err("dadns takes no arguments, only a block")
	}
	for c.NextBlock() {
		property := c.Val()
		args := c.RemainingArgs()
		set, known := properties[property]
		if !known {
			return nil, c.Err("unknown property in the dadns block")
		}
		if len(args) != 1 {
			return nil, c.Errf("%s takes one value", property)
		}
		if err := set(s, args[0]); err != nil {
			return nil, c.Errf("%s %v", property, err)
		}
	}
	if c.Next() {
		return nil, c.Err("only one dadns block may stand in a server block")
	}
	if s.dsn == nil {
		return nil, c.Err("dadns needs dsn or dsn_file: which database to read")
	}
	s.dsn.Timeout, s.dsn.ReadTimeout, s.dsn.WriteTimeout = s.timeout, s.timeout, s.timeout
	connector, err := mysql.NewConnector(s.dsn)
	if err != nil {
		return nil, c.Err("dsn has parameters that cannot be used together")
	}
	s.connector = connector
	return s, nil
}

var properties = map[string]func(*settings, string) error{
	"dsn":                  (*settings).setDSN,
	"dsn_file":             (*settings).readDSN,
	"zones_table":          func(s *settings, v string) error { return table(&s.tables.zones, v) },
	"records_table":        func(s *settings, v string) error { return table(&s.tables.records, v) },
	"changes_table":        func(s *settings, v string) error { return table(&s.tables.changes, v) },
	"refresh":              func(s *settings, v string) error { return duration(&s.refresh, v) },
	"poll":                 func(s *settings, v string) error { return duration(&s.poll, v) },
	"timeout":              func(s *settings, v string) error { return duration(&s.timeout, v) },
	"max_open_connections": func(s *settings, v string) error { return count(&s.maxConnections, v) },
	"max_idle_connections": func(s *settings, v string) error { return count(&s.maxIdle, v) },
}

func (s *settings) setDSN(dsn string) error {
	if s.dsn != nil {
		return errors.New("is given twice (dsn and dsn_file are the same setting)")
	}
	parsed, err := mysql.ParseDSN(dsn)
	// What the driver says of a DSN that it cannot read may quote it.
	if err != nil || parsed.DBName == "" || parsed.Net != "tcp" && parsed.Net != "unix" {
		return errors.New("is not of the form user:password@tcp(host:port)/database")
	}
	parsed.MultiStatements = false
	parsed.InterpolateParams = true // one exchange for each statement instead of three
	parsed.Logger = &mysql.NopLogger{}
	s.dsn = parsed
	return nil
}

func (s *settings) readDSN(path string) error {
	const most = 4096
	opened, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	defer opened.Close()
	text, err := io.ReadAll(io.LimitReader(opened, most))
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	if err := s.setDSN(strings.TrimSpace(string(text))); err != nil {
		return fmt.Errorf("%q: what it holds %w", path, err)
	}
	return nil
}

// tableName is a name, with that of its schema before it or not. It stands in SQL, so nothing that
// would need escaping is let in.
var tableName = regexp.MustCompile(`^([A-Za-z0-9_$]{1,64}\.)?[A-Za-z0-9_$]{1,64}$`)

func table(into *string, name string) error {
	if !tableName.MatchString(name) {
		return errors.New("is no name of a table: letters, digits, _ and $, at most 64, after schema and dot or not")
	}
	*into = "`" + strings.Replace(name, ".", "`.`", 1) + "`"
	return nil
}

func duration(into *time.Duration, text string) error {
	const least, most = 10 * time.Millisecond, 24 * time.Hour
	value, err := time.ParseDuration(text)
	if err != nil || value < least || value > most {
		return fmt.Errorf("is no duration from %v to %v, such as 1s", least, most)
	}
	*into = value
	return nil
}

func count(into *int, text string) error {
	const most = 1000
	value, err := strconv.Atoi(text)
	if err != nil || value < 1 || value > most {
		return fmt.Errorf("is no number from 1 to %d", most)
	}
	*into = value
	return nil
}
