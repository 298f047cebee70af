//! A help desk of one's own: a folder, a process, a port, and a client that speaks enough HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tempfile::TempDir;

/// Long enough for a slow machine, and never waited for in full.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A folder to work in. The process, if there is one, ends with it.
pub(crate) struct Desk {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
    process: Option<Child>,
    address: String,
    /// What the program printed until it was ready.
    pub(crate) printed: String,
}

impl Desk {
    /// A folder in which nothing runs yet.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
            process: None,
            address: String::new(),
            printed: String::new(),
        }
    }

    /// A running help desk with its demo users.
    pub(crate) fn running() -> Self {
        let mut desk = Self::new();
        desk.start();
        desk
    }

    pub(crate) fn with(mut self, variable: &'static str, value: &str) -> Self {
        self.variables.push((variable, value.to_owned()));
        self
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Starts the program and reads what it prints until it listens.
    pub(crate) fn start(&mut self) {
        self.stop();
        let mut process = self
            .command(&["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        self.process = Some(process);
        self.printed.clear();
        for line in lines.by_ref() {
            let line = line.unwrap();
            self.printed.push_str(&line);
            self.printed.push('\n');
            if let Some((_, rest)) = line.split_once("listens on http://") {
                self.address = rest.split(' ').next().unwrap().to_owned();
                break;
            }
        }
        assert!(self.printed.contains("listens on"), "{}", self.printed);
        if !self
            .variables
            .iter()
            .any(|(name, _)| *name == "DISABLE_BOOTSTRAP")
        {
            // The invitation follows, and is all.
            for line in lines.by_ref().map_while(Result::ok) {
                self.printed.push_str(&line);
                self.printed.push('\n');
                if line.contains("ada:ada") {
                    break;
                }
            }
        }
        // Whoever does not read must not block whoever writes.
        std::thread::spawn(move || lines.for_each(drop));
    }

    /// Asks the process to end, as a service manager does.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let mut process = self.process.take().unwrap();
        let id = process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        process.wait().unwrap()
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command of upr in another process, which must succeed.
    pub(crate) fn upr(&self, arguments: &[&str]) -> String {
        let arguments: Vec<&str> = ["upr"].iter().chain(arguments).copied().collect();
        let output = self.run(&arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The command with one more variable, which wins.
    pub(crate) fn command_with(&self, arguments: &[&str], variable: &str, value: &str) -> Command {
        let mut command = self.command(arguments);
        command.env(variable, value);
        command
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_helpdesk"));
        command.args(arguments).current_dir(self.folder.path());
        // What the tester's own shell says about upr is not meant.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("UPR_") || name == "DATABASE_URL" || name == "DISABLE_BOOTSTRAP" {
                command.env_remove(&*name);
            }
        }
        command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .envs(self.variables.clone());
        command
    }

    pub(crate) fn get(&self, user: &str, path: &str) -> Answer {
        self.ask(user, "GET", path, None)
    }

    pub(crate) fn post(&self, user: &str, path: &str, body: &Value) -> Answer {
        self.ask(user, "POST", path, Some(&body.to_string()))
    }

    /// Sends a request. `user` is one of the demo users, whose name is the password; `""` is nobody.
    pub(crate) fn ask(&self, user: &str, method: &str, path: &str, body: Option<&str>) -> Answer {
        let mut headers = Vec::new();
        if !user.is_empty() {
            let credentials = BASE64_STANDARD.encode(format!("{user}:{user}"));
            headers.push(("Authorization", format!("Basic {credentials}")));
        }
        self.send(method, path, &headers, body)
    }

    /// Sends a request as it is written here.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: Option<&str>,
    ) -> Answer {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.address
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = body {
            let length = body.len();
            request.push_str("Content-Type: application/json\r\n");
            request.push_str(&format!("Content-Length: {length}\r\n\r\n{body}"));
        } else {
            request.push_str("\r\n");
        }
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        Answer::read(&answer)
    }

    /// Asks again and again until the answer has this status.
    pub(crate) fn wait_for(&self, status: u16, user: &str, path: &str) -> Answer {
        let since = Instant::now();
        loop {
            let answer = self.get(user, path);
            if answer.status == status {
                return answer;
            }
            assert!(
                since.elapsed() < PATIENCE,
                "waited for {status} in vain: {answer:?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop();
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The body, which must be a problem of the answer's own status.
    pub(crate) fn problem(&self) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{self:?}");
        for field in ["type", "title", "detail"] {
            assert!(!problem[field].as_str().unwrap().is_empty(), "{self:?}");
        }
        problem
    }
}
