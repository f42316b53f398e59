package dadns

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const schema = `
CREATE TABLE zones (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, zone_name VARCHAR(255) NOT NULL UNIQUE) ENGINE=InnoDB;
CREATE TABLE records (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, zone_id INT NOT NULL, hostname VARCHAR(512) NULL,
 type VARCHAR(10) NULL, data MEDIUMTEXT, ttl INT DEFAULT 120, online INT DEFAULT 0,
 INDEX (zone_id, hostname, type, online), FOREIGN KEY (zone_id) REFERENCES zones (id)) ENGINE=InnoDB`

const feedSchema = `
CREATE TABLE dadns_changes (zone_name VARCHAR(255) NOT NULL PRIMARY KEY, zone_id INT NULL,
 version BIGINT UNSIGNED NOT NULL, INDEX (zone_id), INDEX (version)) ENGINE=InnoDB;
INSERT INTO dadns_changes VALUES ('', NULL, 1)`

// mariadb is a whole server in a directory of its own.
type mariadb struct {
	t       *testing.T
	dir     string
	port    int
	process *exec.Cmd
	exited  chan struct{}
	db      *sql.DB
}

// startMariadb gives an empty database with the tables, and the feed if wanted. Without the
// program the test is left out, and that is said, unless daemons are required.
func startMariadb(t *testing.T, feed bool) *mariadb {
	t.Helper()
	if _, err := daemon("mariadbd"); err != nil {
		if os.Getenv("DADNS_TEST_DAEMONS") == "required" {
			t.Fatal("mariadbd is not installed, and DADNS_TEST_DAEMONS=required")
		}
		fmt.Fprintf(os.Stderr, "LEFT OUT: %s (mariadbd is not installed)\n", t.Name())
		t.Skip("mariadbd is not installed")
	}
	m := &mariadb{t: t, dir: t.TempDir(), port: freePort(t)}
	m.write("my.cnf", "[mariadbd]\ninnodb_log_file_size=8M\ninnodb_undo_tablespaces=0\n"+
		"innodb_buffer_pool_size=64M\naria_log_file_size=8M\nskip_name_resolve\ntmpdir="+m.dir+"\n")
	m.write("init.sql", "CREATE DATABASE IF NOT EXISTS coredns;\n"+
		"CREATE USER IF NOT EXISTS 'coredns'@'%' IDENTIFIED BY 'geheim';\n"+
		"GRANT ALL ON coredns.* TO 'coredns'@'%';\n")
	install, err := daemon("mariadb-install-db")
	if err != nil {
		t.Fatal(err)
	}
	made := exec.Command(install, m.arguments("--skip-test-db", "--auth-root-authentication-method=normal")...)
	if output, err := made.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	m.db, err = sql.Open("mysql", m.dsn()+"?multiStatements=true")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.db.Close(); m.kill() })
	m.run()
	m.sql(schema)
	if feed {
		m.sql(feedSchema)
	}
	return m
}

func (m *mariadb) dsn() string {
	return fmt.Sprintf("coredns:geheim@tcp(127.0.0.1:%d)/coredns", m.port)
}

// run starts it and waits until it can be logged in to.
func (m *mariadb) run() {
	m.t.Helper()
	program, err := daemon("mariadbd")
	if err != nil {
		m.t.Fatal(err)
	}
	m.process = exec.Command(program, m.arguments(fmt.Sprintf("--port=%d", m.port), "--bind-address=127.0.0.1",
		"--socket="+filepath.Join(m.dir, "socket"), "--pid-file="+filepath.Join(m.dir, "pid"),
		"--init-file="+filepath.Join(m.dir, "init.sql"), "--log-error="+filepath.Join(m.dir, "log"))...)
	if err := m.process.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.exited = make(chan struct{})
	go func(process *exec.Cmd, exited chan struct{}) { process.Wait(); close(exited) }(m.process, m.exited)
	eventually(m.t, "mariadbd answers", 30*time.Second, func() bool {
		select {
		case <-m.exited:
			log, _ := os.ReadFile(filepath.Join(m.dir, "log"))
			m.t.Fatalf("mariadbd ended: %s", log)
		default:
		}
		return m.db.Ping() == nil
	})
}

// kill ends it as a crash would.
func (m *mariadb) kill() {
	if m.process != nil {
		m.process.Process.Kill()
		<-m.exited
		m.process = nil
	}
}

func (m *mariadb) sql(statements string) {
	m.t.Helper()
	if _, err := m.db.Exec(statements); err != nil {
		m.t.Fatalf("%s: %v", statements, err)
	}
}

func (m *mariadb) number(query string) (n int64) {
	m.t.Helper()
	if err := m.db.QueryRow(query).Scan(&n); err != nil {
		m.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (m *mariadb) arguments(more ...string) []string {
	first := []string{"--defaults-file=" + filepath.Join(m.dir, "my.cnf"), "--datadir=" + filepath.Join(m.dir, "data")}
	if me, err := user.Current(); err == nil && me.Uid == "0" {
		more = append(more, "--user="+me.Username)
	}
	return append(first, more...)
}

func (m *mariadb) write(name, text string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// put writes a zone as dadns does, in one transaction that locks the counter row first; the lines are
// "hostname ttl type data". It returns the version.
func (m *mariadb) put(name string, lines ...string) (version uint64) {
	m.t.Helper()
	m.transaction(func(tx *sql.Tx) {
		version = m.next(tx)
		id := m.rows(tx, name, lines)
		m.exec(tx, "REPLACE INTO dadns_changes VALUES (?, ?, ?)", name, id, version)
	})
	return version
}

// remove takes a zone away as dadns does.
func (m *mariadb) remove(name string) {
	m.t.Helper()
	m.transaction(func(tx *sql.Tx) {
		m.exec(tx, "REPLACE INTO dadns_changes VALUES (?, NULL, ?)", name, m.next(tx))
		m.exec(tx, "DELETE r FROM records r JOIN zones z ON z.id = r.zone_id WHERE z.zone_name = ?", name)
		m.exec(tx, "DELETE FROM zones WHERE zone_name = ?", name)
	})
}

// putUnmanaged writes a zone as other programs do, which know no feed.
func (m *mariadb) putUnmanaged(name string, lines ...string) {
	m.t.Helper()
	m.transaction(func(tx *sql.Tx) { m.rows(tx, name, lines) })
}

func (m *mariadb) transaction(work func(*sql.Tx)) {
	m.t.Helper()
	tx, err := m.db.Begin()
	if err != nil {
		m.t.Fatal(err)
	}
	work(tx)
	if err := tx.Commit(); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mariadb) next(tx *sql.Tx) uint64 {
	m.t.Helper()
	var version uint64
	if err := tx.QueryRow("SELECT version FROM dadns_changes WHERE zone_name = '' FOR UPDATE").Scan(&version); err != nil {
		m.t.Fatal(err)
	}
	version = max(version+1, uint64(time.Now().UnixMicro()))
	m.exec(tx, "UPDATE dadns_changes SET version = ? WHERE zone_name = ''", version)
	return version
}

func (m *mariadb) rows(tx *sql.Tx, name string, lines []string) (id int64) {
	m.t.Helper()
	m.exec(tx, "INSERT IGNORE INTO zones (zone_name) VALUES (?)", name)
	if err := tx.QueryRow("SELECT id FROM zones WHERE zone_name = ?", name).Scan(&id); err != nil {
		m.t.Fatal(err)
	}
	m.exec(tx, "DELETE FROM records WHERE zone_id = ?", id)
	for _, line := range lines {
		part := strings.SplitN(line, " ", 4)
		m.exec(tx, "INSERT INTO records (zone_id, hostname, ttl, type, data, online) VALUES (?, ?, ?, ?, ?, 1)",
			id, part[0], part[1], part[2], part[3])
	}
	return id
}

func (m *mariadb) exec(tx *sql.Tx, statement string, args ...any) {
	m.t.Helper()
	if _, err := tx.Exec(statement, args...); err != nil {
		m.t.Fatalf("%s: %v", statement, err)
	}
}

// daemon finds a program also where only administrators look for them.
func daemon(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return exec.LookPath(filepath.Join("/usr/sbin", name))
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// eventually waits until something has happened.
func eventually(t *testing.T, what string, within time.Duration, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}
