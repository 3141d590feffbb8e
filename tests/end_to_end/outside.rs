//! Daymark looked at with the tools of others. Each part has a verb of its own in the Makefile.
//!
//! A part that does not find what it needs says so and is left out; it does not fail.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What people see in a browser.
mod browser;
/// A recorded day of a shop comes back to the last item.
mod corpus;
/// A disk that fails, fills up, or loses power.
mod faults;
/// E-mails reach a server for e-mails.
mod mail;
/// DuckDB and pyarrow read the files.
mod readers;
/// What OpenTelemetry SDKs send is what Daymark answers.
mod sdks;

/// Says that a test is left out, and why. With `DAYMARK_SKIP=never` that is a failure.
#[expect(clippy::print_stdout, reason = "who runs the tests should see what was left out")]
fn skip(needs: &str) {
    let is_forbidden = std::env::var("DAYMARK_SKIP").is_ok_and(|skip| skip == "never");
    assert!(!is_forbidden, "left out although DAYMARK_SKIP=never: needs {needs}");
    println!("skipped: needs {needs}");
}

/// A folder under `tests/`.
fn sources(name: &str) -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests").join(name)
}

/// Where packages of others are kept from one run to the next, outside the sources.
fn installed(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a command; what it said when it failed, or that it is not there.
fn run(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout).unwrap());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    Err(format!("{name} to work: {}", told.trim()))
}

/// The interpreter of a virtual environment with the packages of `requirements.txt` in a folder of sources.
fn python(folder: &Path, name: &str) -> Result<PathBuf, String> {
    let wanted = std::fs::read(folder.join("requirements.txt")).unwrap();
    let place = installed(name);
    let python = place.join("bin/python");
    let receipt = place.join("requirements.txt");
    if std::fs::read(&receipt).is_ok_and(|had| had == wanted) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place))?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(Command::new(&python).args(install).arg(folder.join("requirements.txt")))?;
    std::fs::write(receipt, wanted).unwrap();
    Ok(python)
}

/// Node looks for packages beside the scripts, so both go where packages may lie.
fn install_node(folder: &Path, place: &Path, scripts: &[&str]) -> Result<(), String> {
    let lock = "package-lock.json";
    let is_there =
        std::fs::read(folder.join(lock)).unwrap() == std::fs::read(place.join(lock)).unwrap_or_default();
    for file in scripts.iter().chain(&["package.json"]) {
        std::fs::copy(folder.join(file), place.join(file)).unwrap();
    }
    if is_there && place.join("node_modules").exists() {
        return run(Command::new("node").arg("--version")).map(drop);
    }
    std::fs::copy(folder.join(lock), place.join(lock)).unwrap();
    let install = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
    let done = run(Command::new("npm").args(install).current_dir(place)).map(drop);
    if done.is_err() {
        std::fs::remove_file(place.join(lock)).unwrap();
    }
    done
}
