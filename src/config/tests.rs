//! Which source wins, and what a wrong setting is told.

use super::*;

/// The page of settings.
mod page;

fn merged(file: &str, environment: &[(&str, &str)], flags: &Flags) -> anyhow::Result<Settings> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::merge(file.parse().unwrap(), environment, flags)
}

fn complaint(file: &str, environment: &[(&str, &str)]) -> String {
    merged(file, environment, &Flags::default()).unwrap_err().to_string()
}

#[test]
fn the_printed_default_is_the_default() {
    let none = merged("", &[], &Flags::default()).unwrap();
    assert_eq!(merged(DEFAULT, &[], &Flags::default()).unwrap(), none);
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let file = "[data]\ndir = \"file\"\n[listen]\notlp_grpc = \"127.0.0.1:1\"\notlp_http = \"off\"";
    let environment = [("DAYMARK_DATA_DIR", "environment"), ("DAYMARK_LISTEN_OTLP_GRPC", "[::1]:2")];
    let flags = Flags { data: Some("flag".into()), ..Flags::default() };
    let settings = merged(file, &environment, &flags).unwrap();
    assert_eq!(settings.data, PathBuf::from("flag"));
    assert_eq!(settings.otlp_grpc, Some("[::1]:2".parse().unwrap()));
    assert_eq!(settings.otlp_http, None);
}

#[test]
fn other_variables_are_left_alone() {
    merged("", &[("DAYMARK_URL", "http://127.0.0.1:4300"), ("HOME", "/")], &Flags::default()).unwrap();
}

#[test]
fn ages_and_sizes_are_read() {
    let file = "[retention]\nspans = \"36h\"\nlogs = \"forever\"\n[disk]\nbudget = \"20GiB\"";
    let settings = merged(file, &[("DAYMARK_DISK_KEEP_FREE", "512MiB")], &Flags::default()).unwrap();
    assert_eq!(settings.keep.spans, Some(std::time::Duration::from_secs(36 * 3_600)));
    assert_eq!(settings.keep.logs, None);
    assert_eq!(settings.keep.metrics, Keep::default().metrics);
    assert_eq!(settings.disk.budget, Some(20 << 30));
    assert_eq!(settings.disk.keep_free, Some(512 << 20));
}

#[test]
fn a_wrong_setting_is_named() {
    assert!(complaint("[retention]\nspans = \"soon\"", &[]).contains("retention.spans = \"soon\" is no age"));
    assert!(complaint("[retention]\nlogs = \"0d\"", &[]).contains("is no age"));
    assert!(complaint("[retention]\nerased = \"forever\"", &[]).contains("retention.erased"));
    assert!(complaint("[disk]\nbudget = \"20GB\"", &[]).contains("disk.budget = \"20GB\" is no size"));

    assert!(complaint("[listen]\nui = \"here\"", &[]).contains("\"here\" is not an address"));
    assert!(complaint("[listn]", &[]).contains("unknown field `listn`"));
    assert!(complaint("", &[("DAYMARK_ACK_LEVL", "os")]).contains("unknown field `levl`"));
    assert!(complaint("[ack]\nlevel = \"never\"", &[]).contains("it is fsync or os"));
}

#[test]
fn an_unprotected_listener_for_other_machines_is_refused() {
    let told = complaint("[listen]\notlp_http = \"0.0.0.0:4318\"", &[]);
    assert!(told.contains("listen.otlp_http = 0.0.0.0:4318"), "{told}");
    let accepted = "[listen]\notlp_http = \"0.0.0.0:4318\"\nallow_insecure_remote = true";
    merged(accepted, &[], &Flags::default()).unwrap();
}

#[test]
fn a_wrong_line_of_a_file_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("daymark.toml");
    std::fs::write(&path, "[data]\ndir = \"d\"\ndisk = 1\n").unwrap();
    let told = read(&path).unwrap_err().to_string();
    assert!(told.contains("line 3") && told.contains("unknown field `disk`"), "{told}");
}

/// What the default file shows of rules.
fn example() -> String {
    let rule = DEFAULT.lines().filter_map(|line| line.strip_prefix('#'));
    rule.filter(|line| !line.is_empty() && !line.starts_with(' ')).collect::<Vec<_>>().join("\n")
}

#[test]
fn rules_of_streams_are_read_in_their_order() {
    let more = "[[streams]]\nname = \"errors\"\nstatus = \"error\"\nkeep = \"forever\"";
    let settings = merged(&format!("{}\n{more}", example()), &[], &Flags::default()).unwrap();
    let [audit, errors] = &settings.keep.streams[..] else { panic!("{:?}", settings.keep) };
    assert_eq!(
        (audit.name.as_str(), &audit.services[..]),
        ("audit", &["payment", "ledger"].map(String::from)[..])
    );
    assert_eq!(audit.keep, Some(std::time::Duration::from_secs(400 * 86_400)));
    assert_eq!((errors.statuses.len(), errors.keep), (1, None));
}

#[test]
fn a_wrong_rule_is_told_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("daymark.toml");
    let told = |file: &str| {
        std::fs::write(&path, file).unwrap();
        read(&path).unwrap_err().to_string()
    };
    let rule = |line: &str| format!("[[streams]]\nkeep = \"1d\"\n{line}\n");
    for (wrong, allowed) in [
        ("name = \"default\"", "where all goes that fits no rule"),
        ("name = \"a b\"", "a-z 0-9 - _"),
        ("name = \"a\"\nsignal = \"traces\"", "it is one of spans, logs, metrics"),
        ("name = \"a\"\nseverity = [\"info\", \"bad\"]", "\"bad\" is not known; it is one of unset, trace"),
        ("name = \"a\"\nkeep_for = \"1d\"", "unknown field `keep_for`"),
    ] {
        let told = told(&rule(wrong));
        let line = 2 + wrong.lines().count();
        assert!(told.contains("daymark.toml") && told.contains(&format!("line {line}")), "{told}");
        assert!(told.contains(allowed), "{told}");
    }
    assert!(told("[[streams]]\nname = \"a\"").contains("missing field `keep`"));
    let nobody = told(&rule("name = \"a\"\nseverity = \"info\"\nstatus = \"ok\""));
    assert!(nobody.contains("no row fits \"a\""), "{nobody}");
    let twice = told(&format!("{}{}", rule("name = \"a\""), rule("name = \"a\"")));
    assert!(twice.contains("two rules have the name \"a\""), "{twice}");
    let many: String = (0..32).map(|at| rule(&format!("name = \"s{at}\""))).collect();
    assert!(told(&many).contains("there are 32 rules; 31 are allowed"));
}

#[test]
fn limits_come_from_file_and_environment() {
    let file = "[limits]\nquery_rows = 5\nwait = \"3s\"";
    let settings = merged(file, &[("DAYMARK_LIMITS_QUERY_ROWS", "7")], &Flags::default()).unwrap();
    assert_eq!(settings.limits.query.rows, 7);
    assert_eq!(settings.limits.intake.wait, std::time::Duration::from_secs(3));
    let told = complaint("", &[("DAYMARK_LIMITS_QUERIES", "lots")]);
    assert!(told.contains("limits.queries = \"lots\" is no number"), "{told}");
}

#[test]
fn hosts_are_names_in_the_file_or_a_list_in_the_environment() {
    let file = "[ui]\nhosts = [\"daymark.example\"]";
    let hosts = |variable: &[(&str, &str)]| merged(file, variable, &Flags::default()).unwrap().hosts;
    assert_eq!(hosts(&[]), ["daymark.example"]);
    assert_eq!(hosts(&[("DAYMARK_UI_HOSTS", "a.example, b.example")]), ["a.example", "b.example"]);
    assert!(hosts(&[("DAYMARK_UI_HOSTS", "")]).is_empty());
    let told = complaint("[ui]\nhosts = [\"https://a.example\"]", &[]);
    assert!(told.contains("\"https://a.example\" is not a host name"), "{told}");
}
