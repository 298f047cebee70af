//! The command line.

pub const HELP: &str = "\
A small help desk, to show upr at work.

Usage:
  helpdesk [--listen ADDRESS]   serve; 127.0.0.1:3000 unless told otherwise
  helpdesk upr COMMAND          upr's command line; `helpdesk upr --help` lists its commands

The database is `upr.db` in the current folder. `upr.toml` or UPR_DATABASE names another, and
UPR_ENV the environment: `development` unless told otherwise.";

pub enum Arguments {
    /// Whatever follows is for upr.
    Upr,
    Help,
    /// The address to listen on.
    Serve(String),
}

impl Arguments {
    pub fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = arguments.peekable();
        if arguments.peek().is_some_and(|first| first == "upr") {
            return Ok(Self::Upr);
        }
        let mut address = "127.0.0.1:3000".to_owned();
        while let Some(argument) = arguments.next() {
            match argument.split_once('=').unwrap_or((&argument, "")) {
                ("-h" | "--help", _) => return Ok(Self::Help),
                ("--listen", "") => {
                    address = arguments.next().ok_or("`--listen` wants an address")?;
                }
                ("--listen", given) => given.clone_into(&mut address),
                _ => return Err(format!("`{argument}` is unknown")),
            }
        }
        Ok(Self::Serve(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(arguments: &[&str]) -> Result<String, String> {
        let arguments = arguments.iter().map(ToString::to_string);
        match Arguments::read(arguments)? {
            Arguments::Serve(address) => Ok(address),
            Arguments::Upr | Arguments::Help => Err("serves nothing".to_owned()),
        }
    }

    #[test]
    fn arguments_are_read() {
        assert_eq!(address(&[]), Ok("127.0.0.1:3000".into()));
        assert_eq!(
            address(&["--listen", "[::1]:8080"]),
            Ok("[::1]:8080".into())
        );
        assert_eq!(address(&["--listen=0.0.0.0:80"]), Ok("0.0.0.0:80".into()));
        assert!(address(&["upr", "--nonsense"]).is_err_and(|e| e == "serves nothing"));
        assert!(address(&["--listen"]).is_err_and(|e| e.contains("wants an address")));
        assert!(address(&["--lisen", "x"]).is_err_and(|e| e.contains("`--lisen` is unknown")));
    }
}
