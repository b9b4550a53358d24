//! Every example is a project that validates, trains, passes its tests and does what it is there to show.

use std::process::Command;

use serde_json::{Value, json};

use crate::common::{
    Project,
    server::{Say, Server, silent_port},
    skip,
};

/// Copies an example, which must be sound, and trains it.
fn example(name: &str) -> Project {
    let project = Project::copy(&format!("examples/actions/{name}"));
    let valid = project.run(&["validate", "--fail-on-warnings"]);
    assert_eq!(valid.code, 0, "{name}: {}", valid.stderr);
    project.train(&[]);
    let tested = project.run(&["test"]);
    assert_eq!(tested.code, 0, "{name}: {}{}", tested.stdout, tested.stderr);
    project
}

/// Returns the turn after a message.
fn turn(project: &Project, text: &str) -> Value {
    let run = project.run_with(
        &["shell", "--plain", "--json"],
        format!("{text}\n").as_bytes(),
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.json_lines().remove(0)
}

/// Returns why `action_find_train` could not be run.
fn failure(turn: &Value) -> &str {
    let decisions = turn["decisions"].as_array().unwrap();
    let decision = decisions
        .iter()
        .find(|decision| decision["action"] == "action_find_train");
    decision.unwrap()["failure"].as_str().unwrap_or_default()
}

#[test]
fn fixed_answers_say_slots_and_buttons() {
    let project = example("fixed");
    let said = turn(&project, "when does the next train to Rome leave");
    assert_eq!(
        said["replies"][0]["text"],
        "The next train to Rome leaves at 10:15."
    );
    assert_eq!(
        said["replies"][0]["buttons"][0],
        json!({"title": "Later", "payload": "/ask_trains"})
    );
    assert_eq!(said["slots"]["departure"], "10:15");

    // The server is asked for what actions.yml does not answer.
    let port = silent_port();
    project.write(
        "endpoints.yml",
        format!("action_endpoint:\n  url: http://localhost:{port}/webhook\n"),
    );
    assert_eq!(failure(&turn(&project, "/ask_trains")), "");
    project.replace("actions.yml", "action_find_train:", "action_find_plane:");
    let said = turn(&project, "/ask_trains");
    assert_eq!(
        failure(&said),
        format!("no action server at localhost:{port} (endpoints.yml:2)")
    );
    std::fs::remove_file(project.path().join("endpoints.yml")).unwrap();
    assert!(failure(&turn(&project, "/ask_trains")).starts_with("no action server: "));
}

#[test]
fn a_web_service_is_asked_and_its_answer_fills_slots() {
    let project = example("http");
    let trains: Value = serde_json::from_str(&project.read("trains.json")).unwrap();
    let server = Server::always(200, trains);
    project.replace(
        "actions.yml",
        "localhost:8000",
        &format!("localhost:{}", server.port),
    );
    let said = turn(&project, "when does the next train to Rome leave");
    assert_eq!(
        said["replies"][0]["text"],
        "The next train to Rome leaves at 11:40."
    );
    assert_eq!(said["slots"]["departure"], "11:40");
    let asked = server.asked()[0].clone();
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("GET", "/trains.json?to=Rome")
    );
    assert_eq!(
        (&*asked.headers["x-conversation"], &*asked.headers["accept"]),
        ("shell", "application/json")
    );
    assert!(asked.body.is_empty());

    // What the user says cannot leave its place in the address.
    turn(&project, "/ask_trains{\"city\": \"a b&c=/../d#e\"}");
    assert_eq!(
        server.asked()[1].target,
        "/trains.json?to=a%20b%26c%3D%2F..%2Fd%23e"
    );
}

#[test]
fn a_web_service_gets_a_body_and_its_errors_are_told() {
    let project = example("http");
    let server = Server::start(|asked| match asked.json()["to"].as_str() {
        Some("Rome") => Say::json(200, &json!({"trains": []})),
        Some("Oslo") => Say::json(503, &json!({"error": "closed"})),
        _ => Say::Answer(200, Vec::new(), b"<html>".to_vec()),
    });
    let port = server.port;
    project.replace(
        "actions.yml",
        "method: GET",
        "body:\n        to: \"{city}\"\n        said: \"<{latest.text}> {latest.intent}\"\n        none: \"{latest.entities.day}\"",
    );
    project.replace(
        "actions.yml",
        "localhost:8000",
        &format!("localhost:{port}"),
    );
    let said = turn(&project, "/ask_trains{\"city\": \"Rome\"}");
    assert_eq!(
        said["slots"]["departure"],
        Value::Null,
        "what the answer lacks empties the slot"
    );
    assert_eq!(failure(&said), "");
    let asked = server.asked()[0].clone();
    assert_eq!(
        (asked.method.as_str(), &*asked.headers["content-type"]),
        ("POST", "application/json")
    );
    assert_eq!(
        asked.json(),
        json!({"to": "Rome", "said": "</ask_trains{\"city\": \"Rome\"}> ask_trains", "none": null})
    );
    let at = format!("the service at localhost:{port} (actions.yml)");
    let said = turn(&project, "/ask_trains{\"city\": \"Oslo\"}");
    assert_eq!(
        failure(&said),
        format!("{at} answered 503: {{\"error\":\"closed\"}}")
    );
    let said = turn(&project, "/ask_trains{\"city\": \"Lima\"}");
    assert!(failure(&said).starts_with(&format!(
        "{at} answered with something else than is asked for: no JSON"
    )));
    project.replace("actions.yml", "?to={city}", "?to={town}");
    let said = turn(&project, "/ask_trains");
    assert_eq!(
        failure(&said),
        "actions.yml asks for `{town}`, but there is no such slot or value"
    );
}

/// Tells whether there is the Python that the example names.
fn has_python() -> bool {
    let found = Command::new("python3").arg("--version").output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        skip("there is no `python3` here");
    }
    found
}

#[test]
fn a_program_reads_the_request_and_writes_the_answer() {
    let project = example("program");
    if !has_python() {
        return;
    }
    let said = turn(&project, "when does the next train to Rome leave");
    assert_eq!(failure(&said), "");
    assert_eq!(
        said["replies"][0]["text"],
        "The next train to Rome leaves at 09:05."
    );
    assert_eq!(said["slots"]["departure"], "09:05");
    // From another folder too.
    let other = Project::empty();
    let folder = project.path().display().to_string();
    let run = other.run_with(
        &["shell", "--plain", "--project", &folder],
        b"/ask_trains{\"city\": \"Oslo\"}\n",
    );
    assert_eq!(
        run.stdout, "The next train to Oslo leaves at 12:30.\n",
        "{}",
        run.stderr
    );
}

#[test]
#[cfg(unix)]
fn programs_that_fail_are_told() {
    let project = example("program");
    let with = |script: &str, words: &str| {
        project.write("run.sh", script);
        project.write(
            "actions.yml",
            "actions:\n  action_find_train:\n    program: [sh, ./run.sh]\n    timeout: 1\n",
        );
        let start = std::time::Instant::now();
        let said = turn(&project, "/ask_trains");
        assert_eq!(failure(&said), words);
        assert!(start.elapsed().as_secs() < 20);
    };
    with(
        "echo one >&2; echo two >&2; exit 3",
        "`sh` ended with exit code 3: two",
    );
    with("kill -TERM $$", "`sh` was ended by a signal");
    with(
        "sleep 30",
        "the program at `sh` (actions.yml) gave no answer within 1 s",
    );
    with(
        "exec 1>&-; sleep 30",
        "the program at `sh` (actions.yml) gave no answer within 1 s",
    );
    with(
        "echo hello",
        "the program at `sh` (actions.yml) answered with something else than is asked for: `hello` is no JSON (expected value at line 1 column 1)",
    );
    with(
        "true",
        "the program at `sh` (actions.yml) answered with something else than is asked for: nothing",
    );
    with("cat >/dev/null; echo '{}'", "");
    with(
        "echo '{\"events\": [{\"event\": \"action_execution_rejected\", \"name\": \"action_find_train\"}]}'",
        "it refused to run",
    );
    project.write(
        "actions.yml",
        "actions:\n  action_find_train:\n    program: [./no-such-program]\n",
    );
    let said = turn(&project, "/ask_trains");
    assert!(
        failure(&said).starts_with("`./no-such-program` cannot be started: "),
        "{said}"
    );
}

#[test]
fn mistakes_in_the_files_are_told_and_talking_goes_on() {
    let project = example("fixed");
    project.write(
        "actions.yml",
        "actions:\n  action_find_train:\n    responces: [x]\n",
    );
    project.write(
        "endpoints.yml",
        "action_endpoint:\n  url: ${NO_SUCH_VARIABLE}\n",
    );
    let run = project.run_with(&["shell", "--plain"], b"/ask_trains\n/greet\n");
    assert_eq!(run.code, 0);
    assert!(
        run.stdout.contains("Hello. Where do you want to go?"),
        "{}",
        run.stdout
    );
    assert!(
        run.stderr.contains("did you mean `responses`?") && run.stderr.contains("NO_SUCH_VARIABLE"),
        "{}",
        run.stderr
    );
    // A file that is named must be there.
    let run = project.run_with(&["shell", "--plain", "--endpoints", "no.yml"], b"");
    assert_eq!(run.code, 2);
    project.write(
        "other.yml",
        "action_endpoint:\n  url: http://localhost:9/x\n",
    );
    project.write("actions.yml", "actions:\n");
    let run = project.run_with(
        &["shell", "--plain", "--endpoints", "other.yml"],
        b"/ask_trains\n",
    );
    assert!(
        run.stderr
            .contains("no action server at localhost:9 (other.yml:2)"),
        "{}",
        run.stderr
    );
}
