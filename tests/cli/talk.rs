use insta::assert_snapshot;
use serde_json::Value;

use super::STARTER;
use crate::common::Project;

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn a_parse_has_the_keys_of_rasa_in_their_order() {
    let run = STARTER.run(&["parse", "a large coffee please"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let parse = run.json();
    assert_eq!(
        keys(&parse),
        [
            "text",
            "intent",
            "entities",
            "text_tokens",
            "intent_ranking",
            "in_scope"
        ]
    );
    assert_eq!(keys(&parse["intent"]), ["name", "confidence"]);
    assert_eq!(keys(&parse["intent_ranking"][0]), ["name", "confidence"]);
    assert_eq!(parse["intent"], parse["intent_ranking"][0]);
    assert_eq!(parse["text"], "a large coffee please");
    assert_eq!(parse["text_tokens"][1], serde_json::json!([2, 7]));
    let entity = &parse["entities"][0];
    assert_eq!(
        (
            &entity["entity"],
            &entity["value"],
            &entity["start"],
            &entity["end"]
        ),
        (&"size".into(), &"large".into(), &2.into(), &7.into())
    );
    let ranking: Vec<f64> = parse["intent_ranking"]
        .as_array()
        .unwrap()
        .iter()
        .map(|score| score["confidence"].as_f64().unwrap())
        .collect();
    assert!(ranking.is_sorted_by(|a, b| a >= b), "{ranking:?}");
}

#[test]
fn lines_come_from_files_and_stdin_and_go_out_one_by_one() {
    let project = STARTER.fork();
    project.write("lines.txt", "hello\n\nbye\n");
    let file = project.run(&["parse", "--file", "lines.txt"]);
    let piped = project.run_with(&["parse"], b"hello\n\nbye\n");
    let dash = project.run_with(&["parse", "--file", "-"], b"hello\n\nbye");
    assert_eq!(file.stdout, piped.stdout);
    assert_eq!(file.stdout, dash.stdout);
    let texts: Vec<Value> = file
        .json_lines()
        .iter()
        .map(|parse| parse["text"].clone())
        .collect();
    assert_eq!(texts, ["hello", "", "bye"]);
    let empty = &file.json_lines()[1];
    assert_eq!(
        empty["intent"]["confidence"].as_f64().map(|c| c <= 1.0),
        Some(true)
    );
    assert_eq!(project.run_with(&["parse"], b"").stdout, "");
    assert_snapshot!(project.run(&["parse", "--file", "none.txt"]).shown(), @r"
    exit 2
    --- stderr
    error: there is no file `none.txt`
    hint: check the spelling, or the folder you are in
    ");
    assert_snapshot!(project.run(&["parse", "--file", "data"]).shown(), @r"
    exit 2
    --- stderr
    error: `data` is a folder, but a file is needed
    hint: name a file in it
    ");
}

#[test]
fn explained_shares_add_up() {
    for text in [
        "tell me a joke please",
        "hello",
        "I want a large coffee and a joke",
    ] {
        let run = STARTER.run(&["parse", text, "--explain"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let parse = run.json();
        let explanation = &parse["explanation"];
        let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{explanation}"));
        let words: f64 = explanation["words"]
            .as_array()
            .unwrap_or_else(|| panic!("{explanation}"))
            .iter()
            .map(|word| number(&word["share"]))
            .sum();
        let total = words + number(&explanation["others"]);
        assert!(
            (total - number(&explanation["sum"])).abs() < 1e-4,
            "{explanation}"
        );
        let odds = number(&parse["intent_ranking"][0]["confidence"])
            / number(&parse["intent_ranking"][1]["confidence"]);
        if !parse["intent"]["name"]
            .as_str()
            .unwrap()
            .contains("fallback")
        {
            assert!(
                (odds.ln() - number(&explanation["sum"])).abs() < 1e-2,
                "{explanation}"
            );
        }
    }
}

#[test]
fn plain_lines_are_a_conversation() {
    let project = Project::copy("tests/projects/proof");
    project.train(&["--fixed-model-name", "model"]);
    let input = b"hello\n\n/ask_weather{\"city\": \"Oslo\"}\n:slots\n:undo\n:slots\n:model\n:nonsense\n:why\n:why 1\n:help\n/affirm\n:why\n:restart\n:quit\nnever read\n";
    assert_snapshot!(project.run_with(&["shell", "--plain"], input).shown(), @r#"
    exit 0
    --- stdout
    Hello. Shall I look at the weather?
    It is sunny in Oslo.
    city=Oslo
    no slot is set
    models/model.tar.gz
    LinearSvmClassifier, 5 intents, 31 examples, trained [date]
    turn 1: "hello"
      intent greet [share]
      intent give_city [share]
      intent affirm [share]
      words for greet and against give_city: hello [odds]
      action utter_greet · MemoizationPolicy [share], story "Greeting" data/stories.yml:21
      action action_listen · MemoizationPolicy [share], story "Greeting" data/stories.yml:21
    turn 1: "hello"
      intent greet [share]
      intent give_city [share]
      intent affirm [share]
      words for greet and against give_city: hello [odds]
      action utter_greet · MemoizationPolicy [share], story "Greeting" data/stories.yml:21
      action action_listen · MemoizationPolicy [share], story "Greeting" data/stories.yml:21
    :undo      take back the last turn; before the first, back to the conversation before  (Alt-↑)
    :redo      bring it back  (Alt-↓)
    :rewind    back to the end of a turn: `:rewind 2`; what came after stays under `:branches`
    :branches  other ways the conversation went; `:branches 1` goes on with the first
    :correct   the message belongs to another intent: `:correct INTENT` adds it there and learns anew  (F2)
    :entity    words of the message are an entity: `:entity city=Oslo`; `:entity -Oslo` are none  (F3)
    :right     the message was understood rightly: keep it as an example  (F4)
    :train     learn anew from the project's files  (F5)
    :save      `:save story NAME` adds the conversation to the tests, `:save rule NAME` the last turn to the rules  (F6)
    :compare   another model listens beside this one: `:compare MODEL`; none without a name  (F7)
    :swap      let the other model answer
    :record    record the conversation to the tests as it goes on, or stop  (F8)
    :replay    play a story: `:replay STORY`  (F9)
    :next      play the next message of the story
    :rest      play the story to its end
    :slot      set a slot by hand: `:slot city=Oslo`, `:slot city=` empties it
    :intent    send an intent by name: `:intent order{"city": "Oslo"}`
    :stub      answer for a custom action: `:stub action_check seats=3`; `:stub action_check` alone does nothing
    :why       how a turn came about: `:why 2`, the last one without a number
    :slots     slots that are set
    :events    events of the conversation
    :changes   lines added in this session; `:changes undo 1` takes one back
    :restart   begin a new conversation; `:undo` leads back
    :model     which model answers
    :help      this list  (F1)
    :quit      leave  (Ctrl-D)
    /intent{"entity": "value"} sends an intent by name, // a text that starts with a slash
    turn 2: "/affirm"
      intent affirm [share]
      action action_default_fallback · RulePolicy [share], RulePolicy knows nothing better
      action action_listen · MemoizationPolicy [share], story "Greeting" data/stories.yml:21
    --- stderr
    took back "/ask_weather{"city": "Oslo"}"
    error: there is no command `nonsense`; `:help` lists them
    a new conversation begins
    "#);
}

#[test]
fn no_word_decides_about_a_message_that_names_its_intent() {
    let parse = STARTER.run(&["parse", "/order_coffee", "--explain"]).json();
    assert_eq!(parse["intent"]["name"], "order_coffee");
    assert!(parse.get("explanation").is_none(), "{parse}");
}

#[test]
fn a_pipe_needs_no_flag() {
    let flag = STARTER.run_with(&["shell", "--plain"], b"hello\n");
    let pipe = STARTER.run_with(&["shell"], b"hello\n");
    assert_eq!(flag.stdout, pipe.stdout);
    assert_eq!((pipe.code, pipe.stderr.as_str()), (0, ""));
}

#[test]
fn json_gives_one_document_a_line() {
    let run = STARTER.run_with(
        &["shell", "--json"],
        b"/order_coffee\n/choose_size{\"size\": \"large\"}\n:slots\n:undo\n:nonsense\nhello\n",
    );
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let lines = run.json_lines();
    assert_eq!(lines.len(), 6, "{}", run.stdout);
    for turn in [&lines[0], &lines[1], &lines[5]] {
        assert_eq!(
            keys(turn),
            [
                "sender",
                "parse",
                "decisions",
                "slots",
                "active_loop",
                "replies",
                "responses",
                "events",
                "trace",
                "notes"
            ]
        );
        assert!(turn["decisions"][0]["policy"].is_string(), "{turn}");
    }
    assert_eq!(lines[1]["slots"]["size"], "large");
    assert_eq!(lines[2]["command"], "slots");
    assert_eq!(lines[3]["command"], "undo");
    assert!(lines[4]["error"].is_string(), "{}", lines[4]);
}
