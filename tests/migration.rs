//! Projects as they come from Rasa: what their configuration asks for is what is done (nlu.md), seen from the command
//! line.

use serde_json::Value;

use crate::common::Project;

const GREETINGS: &str = "\
nlu:
- intent: hello
  examples: |
    - hello there
    - hi
    - hi you
- intent: bye
  examples: |
    - bye bye
    - see you
- intent: track
  examples: |
    - track my parcel
    - where is my parcel
    - parcel 12
";

const DOMAIN: &str = "intents: [hello, bye, track, faq, oov]\nentities: [account, city]\n";

fn project(config: &str, nlu: &str) -> Project {
    let project = untrained(config, nlu);
    project.train(&["nlu"]);
    project
}

fn untrained(config: &str, nlu: &str) -> Project {
    let config = format!("{config}\npolicies: []\n");
    Project::of(&[
        ("config.yml", config.as_str()),
        ("domain.yml", DOMAIN),
        ("data/nlu.yml", nlu),
    ])
}

fn parse(project: &Project, text: &str) -> Value {
    project.run(&["parse", text]).json()
}

/// Returns the ranking as names with confidences of four digits.
fn ranking(project: &Project, text: &str) -> Vec<String> {
    let found = parse(project, text);
    let ranking = found["intent_ranking"].as_array().unwrap().iter();
    let score = |one: &Value| {
        let confidence = one["confidence"].as_f64().unwrap();
        format!("{} {confidence:.4}", one["name"].as_str().unwrap())
    };
    ranking.map(score).collect()
}

/// Checks confidences that Rasa gave.
fn check(project: &Project, text: &str, expected: &[(&str, f64)]) {
    let found = parse(project, text);
    let ranking = found["intent_ranking"].as_array().unwrap();
    assert_eq!(ranking.len(), expected.len(), "{text} {ranking:?}");
    for (one, (name, confidence)) in ranking.iter().zip(expected) {
        assert_eq!(one["name"], *name, "{text} {ranking:?}");
        let gap = (one["confidence"].as_f64().unwrap() - confidence).abs();
        assert!(gap < 2e-3, "{text} {ranking:?}");
    }
}

#[test]
fn a_synonym_survives_that_its_spelling_is_marked() {
    let nlu = "\
nlu:
- intent: hello
  examples: |
    - how much is on my [credit card account](account)
    - how much do I have on [savings](account)
- intent: bye
  examples: |
    - see you
- synonym: credit
  examples: |
    - credit card account
- lookup: account
  examples: |
    - credit card account
    - savings
";
    let config = "\
pipeline:
- name: WhitespaceTokenizer
- name: RegexEntityExtractor
- name: EntitySynonymMapper
- name: CountVectorsFeaturizer
- name: LogisticRegressionClassifier
";
    let found = parse(
        &project(config, nlu),
        "how much is on my credit card account",
    );
    assert_eq!(found["entities"][0]["value"], "credit");
}

const LOGISTIC: &str = "\
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: LogisticRegressionClassifier
";

#[test]
fn a_message_of_unknown_words_gets_what_the_regression_says_of_it() {
    let project = project(LOGISTIC, GREETINGS);
    let expected = [("hello", 0.4289), ("bye", 0.3031), ("track", 0.2680)];
    check(&project, "zzz", &expected);
    check(
        &project,
        "hi there",
        &[("hello", 0.7529), ("bye", 0.1240), ("track", 0.1232)],
    );
}

#[test]
fn chinese_is_cut_into_words_and_one_note_says_by_what() {
    let config = "\
language: zh
pipeline:
- name: JiebaTokenizer
- name: CountVectorsFeaturizer
- name: LogisticRegressionClassifier
";
    let nlu = "\
nlu:
- intent: hello
  examples: |
    - 你好
    - 大家好
- intent: track
  examples: |
    - 北京今天天气怎么样
    - 上海明天天气好吗
";
    let project = project(config, nlu);
    let found = parse(&project, "北京今天天气");
    let tokens: Value = serde_json::from_str("[[0,2],[2,4],[4,6]]").unwrap();
    assert_eq!(found["text_tokens"], tokens);
    assert_eq!(found["intent"]["name"], "track");
    let told = project.run(&["train", "nlu", "--force"]).stderr;
    assert_eq!(
        told.matches("`JiebaTokenizer` is replaced by `IcuTokenizer`")
            .count(),
        1,
        "{told}"
    );
}

#[test]
fn who_names_a_tokenizer_of_another_language_is_told_one_that_reads_it() {
    let nlu = "nlu:\n- intent: hello\n  examples: |\n    - こんにちは\n";
    let told = |tokenizer: &str| {
        let config = format!(
            "language: ja\npipeline:\n- name: {tokenizer}\n- name: CountVectorsFeaturizer\n- name: LogisticRegressionClassifier\n"
        );
        let run = untrained(&config, nlu).run(&["train", "nlu"]);
        assert_ne!(run.code, 0, "{}", run.stderr);
        run.stderr
    };
    for tokenizer in ["JiebaTokenizer", "WhitespaceTokenizer"] {
        let told = told(tokenizer);
        assert!(told.contains("use `IcuTokenizer`"), "{told}");
    }
}

#[test]
fn a_switch_of_diet_is_true_or_false() {
    let config = "pipeline:\n- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n- name: DIETClassifier\n  entity_recognition: \"False\"\n  intent_classification: 1\n";
    let nlu = "nlu:\n- intent: hello\n  examples: |\n    - hello\n    - hi\n";
    let run = untrained(config, nlu).run(&["train", "nlu"]);
    assert_ne!(run.code, 0, "{}", run.stderr);
    for option in ["entity_recognition", "intent_classification"] {
        let told = format!("cannot be used: `{option}` must");
        assert!(run.stderr.contains(&told), "{}", run.stderr);
    }
}

#[test]
fn a_token_pattern_cuts_words() {
    let config = LOGISTIC.replace(
        "- name: WhitespaceTokenizer\n",
        "- name: WhitespaceTokenizer\n  token_pattern: '(?:[a-z]+|[0-9]+)'\n",
    );
    let found = parse(&project(&config, GREETINGS), "parcel-12 a1");
    let tokens: Value = serde_json::from_str("[[0,6],[7,9],[10,11],[11,12]]").unwrap();
    assert_eq!(found["text_tokens"], tokens);
}

#[test]
fn expressions_and_lookup_tables_tell_intents() {
    let nlu = format!(
        "{GREETINGS}- lookup: thing\n  examples: |\n    - parcel\n    - package\n- regex: number\n  examples: |\n    - \\d+\n"
    );
    let alone = LOGISTIC.replace("CountVectorsFeaturizer", "RegexFeaturizer");
    let alone = project(&alone, &nlu);
    assert_eq!(parse(&alone, "my package")["intent"]["name"], "track");
    let both = LOGISTIC.replace(
        "- name: CountVectorsFeaturizer\n",
        "- name: RegexFeaturizer\n- name: CountVectorsFeaturizer\n",
    );
    let both = project(&both, &nlu);
    // What scikit-learn says with a column for each of the two beside the counts.
    for (text, expected) in [
        (
            "77",
            [("hello", 0.3860), ("track", 0.3315), ("bye", 0.2825)],
        ),
        (
            "package",
            [("track", 0.3800), ("hello", 0.3563), ("bye", 0.2638)],
        ),
        (
            "parcel",
            [("track", 0.5989), ("hello", 0.2249), ("bye", 0.1762)],
        ),
    ] {
        check(&both, text, &expected);
    }
}

#[test]
fn counts_keep_their_options_beside_diet() {
    let diet = "- name: DIETClassifier\n  epochs: 1\n";
    let config = LOGISTIC.replace("- name: LogisticRegressionClassifier\n", diet);
    let oov = config.replace(
        "- name: CountVectorsFeaturizer\n",
        "- name: CountVectorsFeaturizer\n  OOV_token: oov\n- name: CountVectorsFeaturizer\n  analyzer: char_wb\n  max_ngram: 4\n",
    );
    let nlu =
        format!("{GREETINGS}- intent: oov\n  examples: |\n    - oov oov morning\n    - oov oov\n");
    assert_eq!(
        parse(&project(&oov, &nlu), "жжж ффф")["intent"]["name"],
        "oov"
    );
    assert_eq!(
        parse(&project(&config, &nlu), "жжж ффф")["intent"]["name"],
        Value::Null
    );
    // One featurizer of two that is chosen is all that is read.
    let chosen = "- name: CountVectorsFeaturizer\n  alias: w\n- name: CountVectorsFeaturizer\n  analyzer: char_wb\n  max_ngram: 3\n";
    let two = config.replace("- name: CountVectorsFeaturizer\n", chosen);
    let one = two.replace("  epochs: 1\n", "  epochs: 1\n  featurizers: [w]\n");
    assert_eq!(
        parse(&project(&two, GREETINGS), "parcels")["intent"]["name"],
        "track"
    );
    assert_eq!(
        parse(&project(&one, GREETINGS), "parcels")["intent"]["name"],
        Value::Null
    );
}

#[test]
fn a_regression_beside_diet_keeps_the_confidences_of_rasa() {
    let nlu = GREETINGS.replace("- hi\n", "- hi\n    - hi [Bob](city)\n");
    let diet = "- name: DIETClassifier\n  intent_classification: false\n";
    let alone = project(LOGISTIC, &nlu);
    let before = project(&format!("{LOGISTIC}{diet}"), &nlu);
    // The network's own intents would be the last word, were it not for the order.
    let after = LOGISTIC.replace(
        "- name: LogisticRegressionClassifier\n",
        "- name: DIETClassifier\n- name: LogisticRegressionClassifier\n",
    );
    let after = project(&after, &nlu);
    for text in ["hi there", "parcel", "zzz", "see my parcel 99"] {
        assert_eq!(ranking(&before, text), ranking(&alone, text), "{text}");
        assert_eq!(ranking(&after, text), ranking(&alone, text), "{text}");
    }
}

#[test]
fn as_many_intents_are_listed_as_asked_for() {
    let listed = |length: &str| {
        let project = project(
            &format!("{LOGISTIC}  ranking_length: {length}\n"),
            GREETINGS,
        );
        ranking(&project, "hi there").len()
    };
    assert_eq!([listed("2"), listed("0"), listed("10")], [2, 3, 3]);
    let diet = "pipeline:\n- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n- name: DIETClassifier\n  ranking_length: 1\n";
    assert_eq!(ranking(&project(diet, GREETINGS), "hi there").len(), 1);
    let faq = "\
nlu:
- intent: faq/hours
  examples: |
    - when are you open
    - opening hours
- intent: faq/place
  examples: |
    - where are you
    - your address
";
    let selector = "pipeline:\n- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n- name: ResponseSelector\n  ranking_length: 1\n";
    let found = parse(&project(selector, faq), "where are you");
    let ranking = found["response_selector"]["default"]["ranking"]
        .as_array()
        .unwrap();
    assert_eq!(ranking.len(), 1);
}

#[test]
fn a_grid_is_searched_for_the_best_machine() {
    let greetings = |hello: usize| {
        let words = [
            "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        ];
        let lines = |what: &str, count: usize| -> String {
            let lines = words.iter().take(count);
            lines.fold(String::new(), |all, word| {
                all + "    - " + what + " " + word + "\n"
            })
        };
        format!(
            "nlu:\n- intent: hello\n  examples: |\n{}- intent: bye\n  examples: |\n{}",
            lines("good day to you", hello),
            lines("see you later", 10),
        )
    };
    let config = |options: &str| {
        format!(
            "pipeline:\n- name: WhitespaceTokenizer\n- name: SpacyFeaturizer\n- name: SklearnIntentClassifier\n{options}"
        )
    };
    let trained = |options: &str| {
        let project = project(&config(options), &greetings(10));
        let told = project.run(&["train", "nlu", "--force"]).stderr;
        let found = ranking(&project, "good day");
        assert!(found[0].starts_with("hello"), "{options} {found:?}");
        (found, told)
    };
    let (weak, told) = trained("  C: 0.001\n");
    assert!(told.contains("linear kernel, C 0.001 of 1 tried"), "{told}");
    let (strong, _) = trained("  C: [100]\n");
    assert_ne!(weak, strong);
    let (_, told) = trained("  C: [1, 10]\n  kernels: [linear, rbf]\n  gamma: [scale, 0.1]\n");
    assert!(told.contains("of 6 tried"), "{told}");
    let alone = project(
        &config(""),
        "nlu:\n- intent: hello\n  examples: |\n    - hi\n    - hello\n",
    );
    let found = parse(&alone, "hi");
    assert_eq!(found["intent"]["name"], Value::Null);
    assert_eq!(found["intent_ranking"], Value::Array(Vec::new()));
}

#[test]
fn train_tells_of_marks_within_words_and_of_spellings_that_stand_for_two_values() {
    let nlu = format!(
        "{GREETINGS}    - x[Lo](city)ndon is far\n    - near [Rome](city)\n- synonym: NYC\n  examples: |\n    - big apple\n- synonym: LA\n  examples: |\n    - big apple\n"
    );
    let config = format!("{LOGISTIC}- name: CRFEntityExtractor\n- name: EntitySynonymMapper\n");
    let told = project(&config, &nlu)
        .run(&["train", "nlu", "--force"])
        .stderr;
    for code in ["nlu::misaligned-entity", "nlu::synonym-conflict"] {
        assert!(told.contains(code), "{told}");
    }
}

#[test]
fn what_is_not_read_of_a_payload_is_told_beside_the_answer() {
    let project = project(LOGISTIC, GREETINGS);
    let run = project.run(&["parse", "/hello@7"]);
    assert_eq!(run.json()["intent"]["name"], "hello");
    assert!(
        run.stderr.contains("the confidence 7 is above 1"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_finds_entities_for_diet_bears_its_name_and_hears_the_lexical_featurizer() {
    let nlu = format!(
        "{GREETINGS}    - where is [Roma](city)\n    - where is [Lima](city)\n    - where is [Ostia](city)\n    - where is it\n    - where is Bergen\n"
    );
    let config = |lexical: &str, rest: &str| {
        format!(
            "pipeline:\n- name: WhitespaceTokenizer\n- name: LexicalSyntacticFeaturizer\n{lexical}- name: CountVectorsFeaturizer\n- name: DIETClassifier\n{rest}"
        )
    };
    let found = |config: &str| {
        let project = project(config, &nlu);
        let told = project.run(&["train", "nlu", "--force"]).stderr;
        let entity = parse(&project, "where is Roma")["entities"][0].clone();
        assert_eq!(entity["entity"], "city", "{config}");
        (entity, told)
    };
    let (plain, told) = found(&config("", ""));
    assert_eq!(plain["extractor"], "DIETClassifier");
    assert!(told.contains("1 label for DIETClassifier"), "{told}");
    assert!(
        !told.contains("`LexicalSyntacticFeaturizer` is left out"),
        "{told}"
    );
    // Features that are named are learnt from, by whoever stands in for the network and reads them.
    let named = "  features: [[prefix2], [suffix1, pos]]\n";
    let (other, told) = found(&config(named, ""));
    assert_ne!(plain["confidence_entity"], other["confidence_entity"]);
    assert!(
        told.contains("features of `LexicalSyntacticFeaturizer` are left out: pos"),
        "{told}"
    );
    let aliased = format!("  alias: lexical\n{named}");
    let chosen = "  featurizers: [lexical]\n";
    assert_eq!(found(&config(&aliased, chosen)).0, other);
    let without = config(&aliased, "  featurizers: [words]\n").replace(
        "- name: CountVectorsFeaturizer\n",
        "- name: CountVectorsFeaturizer\n  alias: words\n",
    );
    assert_eq!(found(&without).0, plain);
    // As in Rasa the extractor that stands there by itself does not read it.
    let alone = config(named, "").replace("DIETClassifier", "CRFEntityExtractor");
    let (entity, told) = found(&alone);
    assert_eq!(entity["extractor"], "CRFEntityExtractor");
    assert!(
        told.contains("`LexicalSyntacticFeaturizer` is left out"),
        "{told}"
    );
}

#[test]
fn no_ranking_is_written_where_nothing_ranks() {
    let keywords = "pipeline:\n- name: WhitespaceTokenizer\n- name: KeywordIntentClassifier\n";
    for text in ["hi", "nothing of it"] {
        let found = parse(&project(keywords, GREETINGS), text);
        assert!(found.get("intent_ranking").is_none(), "{found}");
    }
    let diet = "pipeline:\n- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n- name: DIETClassifier\n";
    let found = parse(&project(diet, GREETINGS), "жжж");
    assert_eq!(found["intent_ranking"], Value::Array(Vec::new()));
}
