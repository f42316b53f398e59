//! A child process whose log is read line by line, and that dies with its value.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use super::eventually;

#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts `command` and reads what it prints.
    pub fn start(name: &'static str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let stdout = child.stdout.take().map(|pipe| Box::new(pipe) as Pipe);
        let stderr = child.stderr.take().map(|pipe| Box::new(pipe) as Pipe);
        for pipe in stdout.into_iter().chain(stderr) {
            let lines = Arc::clone(&lines);
            std::thread::spawn(move || collect(pipe, &lines));
        }
        Self { name, child, lines }
    }

    /// Waits for a line of its log.
    pub fn line(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let name = self.name;
        eventually(
            &format!("{name} logs {what}; its log:\n{}", self.log()),
            || {
                let found = self
                    .lines
                    .lock()
                    .unwrap()
                    .iter()
                    .find(|line| wanted(line))
                    .cloned();
                if found.is_none()
                    && let Ok(Some(status)) = self.child.try_wait()
                {
                    panic!("{name} ended with {status}; its log:\n{}", self.log());
                }
                found
            },
        )
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it has logged.
    pub fn log(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, and waits for its end.
    pub fn terminate(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()));
        self.wait()
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let name = self.name;
        eventually(&format!("{name} ends"), || {
            self.child.try_wait().ok().flatten()
        })
    }

    /// Sends a signal by its name.
    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- log of {}:\n{}", self.name, self.log());
        }
    }
}

type Pipe = Box<dyn Read + Send>;

fn collect(pipe: Pipe, lines: &Mutex<Vec<String>>) {
    for line in BufReader::new(pipe).lines() {
        let Ok(line) = line else { return };
        lines.lock().unwrap().push(line);
    }
}
