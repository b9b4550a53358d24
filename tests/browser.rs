//! The HTML report in a real browser: Debian's chromium, driven over its debugging pipe, which needs no network.

#![cfg(unix)]

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::common::{Project, skip};

/// Longest wait for the browser.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser without a window.
struct Browser {
    process: Child,
    commands: File,
    answers: File,
    buffer: Vec<u8>,
    number: u64,
    session: Option<String>,
}

impl Browser {
    /// Starts one in a folder; says so where there is none.
    fn start(folder: &Path) -> Option<Self> {
        let found = Command::new("chromium")
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !found.is_ok_and(|status| status.success()) {
            skip("there is no chromium");
            return None;
        }
        let (to, from) = (folder.join("to"), folder.join("from"));
        let made = Command::new("mkfifo").args([&to, &from]).status().unwrap();
        assert!(made.success());
        // The browser reads commands from file 3 and writes answers to file 4.
        let line = "exec chromium --headless --no-sandbox --disable-gpu --no-first-run \
            --disable-background-networking --disable-component-update --disable-sync \
            --user-data-dir=\"$1\" --remote-debugging-pipe about:blank 3<\"$2\" 4>\"$3\"";
        let process = Command::new("sh")
            .args(["-c", line, "sh"])
            .args([&folder.join("profile"), &to, &from])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self {
            process,
            commands: OpenOptions::new().write(true).open(&to).unwrap(),
            answers: File::open(&from).unwrap(),
            buffer: Vec::new(),
            number: 0,
            session: None,
        })
    }

    /// Sends a command and returns its result.
    fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.number += 1;
        let mut command = json!({"id": self.number, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            command["sessionId"] = session.clone().into();
        }
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).unwrap();
        let start = Instant::now();
        loop {
            assert!(start.elapsed() < PATIENCE, "{method} takes too long");
            let answer = self.message();
            if answer["id"] == self.number {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    fn message(&mut self) -> Value {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == 0) {
                let rest = self.buffer.split_off(end + 1);
                let mut message = std::mem::replace(&mut self.buffer, rest);
                message.pop();
                return serde_json::from_slice(&message).unwrap();
            }
            let mut piece = vec![0; 65536];
            let read = self.answers.read(&mut piece).unwrap();
            assert!(read > 0, "the browser has gone");
            self.buffer.extend_from_slice(&piece[..read]);
        }
    }

    /// Opens a page and waits until its script is done.
    fn open(&mut self, page: &Path) {
        let target = self.call(
            "Target.createTarget",
            &json!({"url": format!("file://{}", page.display())}),
        );
        let target = target["targetId"].clone();
        let attached = self.call(
            "Target.attachToTarget",
            &json!({"targetId": target, "flatten": true}),
        );
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        let start = Instant::now();
        while self.ask("document.documentElement?.dataset.ready || ''") != "yes" {
            assert!(start.elapsed() < PATIENCE, "the page is never ready");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Returns the value of an expression.
    fn ask(&mut self, expression: &str) -> Value {
        let found = self.call(
            "Runtime.evaluate",
            &json!({"expression": expression, "returnByValue": true}),
        );
        assert!(
            found.get("exceptionDetails").is_none(),
            "{expression}: {found}"
        );
        found["result"]["value"].clone()
    }

    /// Clicks in the middle of an element, as a mouse does.
    fn click(&mut self, element: &str) {
        let spot = self.ask(&format!(
            "(() => {{ const e = document.querySelector({element:?}); e.scrollIntoView({{block: 'center'}}); \
             const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            self.call(
                "Input.dispatchMouseEvent",
                &json!({"type": kind, "x": spot[0], "y": spot[1], "button": "left", "clickCount": 1}),
            );
        }
    }

    fn key(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            self.call(
                "Input.dispatchKeyEvent",
                &json!({"type": kind, "key": key, "code": key}),
            );
        }
    }

    /// Goes to what comes next.
    fn tab(&mut self) {
        for kind in ["rawKeyDown", "keyUp"] {
            self.call(
                "Input.dispatchKeyEvent",
                &json!({"type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}),
            );
        }
    }

    /// Returns a picture of the page, as the base64 of a PNG.
    fn picture(&mut self) -> String {
        let found = self.call("Page.captureScreenshot", &json!({"format": "png"}));
        found["data"].as_str().unwrap().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Texts whose contrast with what lies behind them is below 4.5 : 1.
const FAINT: &str = "(() => {
    const light = (color) => {
        const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const clear = (color) => /, 0\\)$/.test(color);
    const faint = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let seen = 0;
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.textContent.trim() || element.closest('script, style, title, noscript')) continue;
        let behind = element;
        while (behind && clear(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
        const own = getComputedStyle(element);
        const [a, b] = [light(element.closest('svg') ? own.fill : own.color), light(getComputedStyle(behind || document.body).backgroundColor)];
        seen += 1;
        if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) faint.push(texts.currentNode.textContent);
    }
    return seen > 100 ? faint : ['only ' + seen + ' texts'];
})()";

/// Returns the texts of a column of a table.
fn column(table: &str, number: usize) -> String {
    format!(
        "[...document.querySelectorAll('#{table} tbody tr td:nth-child({number})')].map(e => e.textContent)"
    )
}

fn numbers(value: &Value) -> Vec<f64> {
    let all = value.as_array().unwrap().iter();
    all.map(|text| text.as_str().unwrap().parse().unwrap())
        .collect()
}

/// Checks that the report can be read and gone through where it is narrow.
fn narrow(browser: &mut Browser) {
    // By keyboard no cell is hidden by the names of its row and column, which stay where they are.
    browser.ask("document.querySelector('#matrix-labels').value = 'every'; document.querySelector('#matrix-labels').dispatchEvent(new Event('change'))");
    for width in [1000, 400] {
        let size = json!({"width": width, "height": 600, "deviceScaleFactor": 1, "mobile": false});
        browser.call("Emulation.setDeviceMetricsOverride", &size);
        browser.ask("document.querySelector('#matrix td[tabindex=\"0\"]').focus()");
        for key in ["End", "ArrowDown", "ArrowDown", "Home"] {
            browser.key(key);
            let hidden = browser.ask(
                "(() => { const cell = document.activeElement.getBoundingClientRect(); \
                 const side = document.activeElement.parentElement.cells[0].getBoundingClientRect(); \
                 const head = document.querySelector('#matrix thead th').getBoundingClientRect(); \
                 return cell.left < side.right - 1 || cell.top < head.bottom - 1; })()",
            );
            assert_eq!(hidden, false, "{key} at {width}");
        }
        // What has many words is not cut where the page is narrow.
        let wide = browser.ask("document.querySelector('#error-table').scrollWidth <= document.querySelector('#error-table').parentElement.clientWidth");
        assert_eq!(wide, true, "{width}");
    }
    browser.call("Emulation.clearDeviceMetricsOverride", &json!({}));
    browser.ask("document.querySelector('#matrix-labels').value = 'most'; document.querySelector('#matrix-labels').dispatchEvent(new Event('change'))");
}

/// Checks that the keyboard reaches all of a picture, from a point of it.
fn reach_everything(browser: &mut Browser) {
    // Arrow keys reach all points, and after Tab all ways, as clicks do: each tells what it is and is marked.
    for (kind, marked) in [("node", ".node.chosen"), ("edges", ".edge.chosen")] {
        let all = browser.ask(&format!(
            "document.querySelectorAll('#view g[role=button][data-{kind}]').length"
        ));
        let all = all.as_u64().unwrap();
        assert!(all > 5, "{all} {kind}");
        browser.key("Home");
        browser.ask("window.reached = new Set()");
        for _ in 0..all {
            let here = browser.ask(&format!(
                "(() => {{ const e = document.activeElement; window.reached.add(e); \
                 return [e.dataset.{kind} !== undefined && e.tabIndex === 0 && !!e.getAttribute('aria-label'), \
                 e.matches('{marked}'), document.querySelectorAll('#view .near').length > 0, \
                 document.querySelectorAll('#told li').length > 0]; }})()"
            ));
            assert_eq!(here, json!([true, true, true, true]), "{kind}");
            browser.key("ArrowDown");
        }
        assert_eq!(browser.ask("window.reached.size"), all, "{kind}");
        // One of them is a stop of Tab, and the next stop is a way on from the point.
        let stops =
            format!("document.querySelectorAll('#view [data-{kind}][tabindex=\"0\"]').length");
        assert_eq!(browser.ask(&stops), 1, "{kind}");
        if kind == "node" {
            browser.key("Home");
            let point = browser.ask("Number(document.activeElement.dataset.node)");
            browser.tab();
            let from = browser.ask(
                "JSON.parse(document.querySelector('#data').textContent).edges[document.activeElement.dataset.edges.split(' ')[0]].from",
            );
            assert_eq!(from, point);
        }
    }
}

#[test]
fn the_report_is_sorted_searched_and_clicked_in_a_browser() {
    let project = Project::template("starter");
    let run = project.run(&[
        "test",
        "--cross-validate",
        "5",
        "--learning-curve",
        "--report",
        "html=out.html",
    ]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let page = project.path().join("out.html").canonicalize().unwrap();
    let text = project.read("out.html");
    assert!(
        !text.contains("src=") && !text.contains("@import"),
        "nothing is loaded"
    );
    let folder = tempfile::tempdir().unwrap();
    let Some(mut browser) = Browser::start(folder.path()) else {
        return;
    };
    browser.open(&page);

    // Sorting: by recall upwards, then downwards.
    browser.click("#intent-table th:nth-child(3) button");
    let up = numbers(&browser.ask(&column("intent-table", 3)));
    assert!(up.len() > 5 && up.is_sorted(), "{up:?}");
    browser.click("#intent-table th:nth-child(3) button");
    let mut down = numbers(&browser.ask(&column("intent-table", 3)));
    down.reverse();
    assert!(down.is_sorted());
    let sorted =
        "document.querySelector('#intent-table th:nth-child(3)').getAttribute('aria-sort')";
    assert_eq!(browser.ask(sorted), "descending");

    // Searching.
    browser.ask("document.querySelector('#intent-table-filter').focus()");
    browser.call("Input.insertText", &json!({"text": "goodb"}));
    assert_eq!(browser.ask(&column("intent-table", 1)), json!(["goodbye"]));
    assert_eq!(browser.ask(sorted), "descending", "the order stays");
    browser.ask("document.querySelector('#intent-table-filter').select()");
    browser.call("Input.insertText", &json!({"text": "o"}));
    let mut kept = numbers(&browser.ask(&column("intent-table", 3)));
    kept.reverse();
    assert!(kept.len() > 2 && kept.is_sorted(), "{kept:?}");

    // The matrix: a click on a confusion lists its messages, as many as the cell says.
    let wrong = "#matrix td[data-count]:not([data-count='0'])";
    let found = browser.ask(&format!(
        "(() => {{ const e = [...document.querySelectorAll({wrong:?})].find(e => e.dataset.row !== e.dataset.column); \
         e.id = 'wrong-cell'; return Number(e.dataset.count); }})()"
    ));
    browser.click("#wrong-cell");
    assert_eq!(
        browser.ask("document.querySelectorAll('#cell-table tbody tr').length"),
        found
    );
    // By keyboard: an arrow moves to the next cell, Enter opens it.
    let at = "`${document.activeElement.dataset.row} ${document.activeElement.dataset.column}`";
    let before = browser.ask(at);
    browser.key("ArrowDown");
    browser.key("ArrowUp");
    assert_eq!(browser.ask(at), before);
    browser.ask("document.querySelector('#cell').replaceChildren()");
    browser.key("Enter");
    assert_eq!(
        browser.ask("document.querySelectorAll('#cell-table tbody tr').length"),
        found
    );

    // Plots with ticks and titles, and explanations are there.
    for plot in ["histogram", "reliability", "curve"] {
        let shapes = browser.ask(&format!(
            "document.querySelectorAll('#{plot} rect, #{plot} circle').length"
        ));
        assert!(shapes.as_u64().unwrap() > 3, "{plot}");
        for (text, least) in [("tick-x", 4), ("tick-y", 3), ("title", 2)] {
            let texts = browser.ask(&format!(
                "document.querySelectorAll('#{plot} text.{text}').length"
            ));
            assert!(texts.as_u64().unwrap() >= least, "{plot} {text}");
        }
    }
    let why = browser.ask(&column("error-table", 5));
    assert!(
        why.as_array()
            .unwrap()
            .iter()
            .any(|text| text.as_str().unwrap().contains("nearest"))
    );

    narrow(&mut browser);

    // Light and dark are told apart.
    let ground = "getComputedStyle(document.body).backgroundColor";
    let first = browser.ask(ground);
    let light = browser.picture();
    browser.click("#theme");
    assert_ne!(browser.ask(ground), first);
    let dark = browser.picture();
    assert_eq!(browser.ask(FAINT), json!([]), "in one theme");
    browser.click("#theme");
    assert_eq!(browser.ask(FAINT), json!([]), "in the other");
    // A PNG begins so in base64, and an empty page would be a few kilobytes.
    assert!(light.starts_with("iVBORw0KGgo") && light.len() > 20_000 && light != dark);
}

#[test]
fn what_people_type_stays_text_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let project = Project::template("starter");
    project.train(&[]);
    let evil = "</script><script>document.title='gone'</script><img src=x onerror=\"document.title='gone'\">";
    // Under three intents, so that two at least are errors.
    let blocks = ["greet", "goodbye", "tell_joke"]
        .map(|intent| format!("- intent: {intent}\n  examples: |\n    - {evil}\n"));
    project.write("tests/nlu.yml", format!("nlu:\n{}", blocks.concat()));
    project.run(&["test", "--report", "html=out.html"]);
    let Some(mut browser) = Browser::start(folder.path()) else {
        return;
    };
    browser.open(&project.path().join("out.html").canonicalize().unwrap());
    assert_eq!(browser.ask("document.title"), "bot test");
    assert_eq!(browser.ask("document.querySelectorAll('img').length"), 0);
    let shown = browser.ask("document.querySelector('#error-table')?.textContent || ''");
    assert!(shown.as_str().unwrap().contains("onerror"), "{shown}");
}

#[test]
fn every_failure_is_explained_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let project = Project::template("starter");
    project.replace("config.yml", "  threshold: 0.3", "  threshold: 0.4");
    project.train(&[]);
    project.write(
        "tests/test_more.yml",
        "stories:\n- story: same name\n  steps:\n  - user: hello\n    intent: greet\n  - action: utter_joke\n\
         - story: same name\n  steps:\n  - user: hello\n    intent: greet\n  - action: utter_goodbye\n",
    );
    project.write(
        "tests/nlu.yml",
        "nlu:\n- intent: choose_size\n  examples: |\n    - a [green](size) one\n- intent: greet\n  examples: |\n    - hello\n\
         - intent: nlu_fallback\n  examples: |\n    - qwertz uiop\n",
    );
    let mut before = project.run(&["test", "--json"]).json();
    let heard = before["intents"]["predictions"].as_array_mut().unwrap();
    let refused = heard.iter_mut().find(|one| one["text"] == "qwertz uiop");
    refused.unwrap()["refused"] = false.into();
    project.write("before.json", before.to_string());
    project.run(&[
        "test",
        "--compare",
        "before.json",
        "--report",
        "html=out.html",
    ]);
    let Some(mut browser) = Browser::start(folder.path()) else {
        return;
    };
    browser.open(&project.path().join("out.html").canonicalize().unwrap());
    let mistakes = browser.ask(&column("failure-table", 3));
    assert_eq!(
        mistakes,
        json!([
            "after turn 1 the bot ran utter_greet, expected utter_joke",
            "after turn 1 the bot ran utter_greet, expected utter_goodbye"
        ])
    );
    let why = browser.ask(&column("failure-table", 4));
    let rule = "reason: rule \"Greet back\" data/rules.yml:8";
    assert!(
        why.as_array()
            .unwrap()
            .iter()
            .all(|text| text.as_str().unwrap().contains(rule)),
        "{why}"
    );
    // Each row of the same name tells its own.
    let rows = browser.ask(&column("story-table", 5));
    for mistake in mistakes.as_array().unwrap() {
        assert!(rows.as_array().unwrap().contains(mistake), "{rows}");
    }
    let told = browser.ask(&column("entity-errors", 3));
    let told = told[0].as_str().unwrap();
    assert!(
        told.starts_with("size \"green\" was not found") && told.contains("nearest"),
        "{told}"
    );
    for part in [
        "comparison-figures",
        "entity-averages",
        "token-table",
        "intent-averages",
        "reliability-table",
        "scope-table",
    ] {
        let rows = browser.ask(&format!(
            "document.querySelectorAll('#{part} tbody tr').length"
        ));
        assert!(rows.as_u64().unwrap() > 0, "{part}");
    }
    // What is refused now and was answered is told beside intents.
    let of = browser.ask(&column("changes", 2));
    assert_eq!(of, json!(["refusal"]));
    let refused = browser.ask(&column("refused-table", 1));
    assert_eq!(refused, json!(["qwertz uiop"]));
    assert_eq!(browser.ask(FAINT), json!([]));
}

#[test]
fn the_picture_of_stories_is_moved_enlarged_and_read_by_keyboard() {
    let folder = tempfile::tempdir().unwrap();
    let project = Project::template("starter");
    assert_eq!(project.run(&["visualize"]).code, 0);
    let Some(mut browser) = Browser::start(folder.path()) else {
        return;
    };
    browser.open(&project.path().join("graph.html").canonicalize().unwrap());
    let seen = "document.querySelector('#view svg').getAttribute('viewBox').split(' ').map(Number)";
    let four = |value: &Value| -> Vec<f64> {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_f64().unwrap())
            .collect()
    };
    // At first all of it is seen.
    let first = four(&browser.ask(seen));
    let all = "[...document.querySelectorAll('#view .node rect')].every(e => { const r = e.getBoundingClientRect(), v = document.querySelector('#view').getBoundingClientRect();         return r.left >= v.left && r.right <= v.right && r.top >= v.top && r.bottom <= v.bottom; })";
    assert_eq!(browser.ask(all), true);
    // By keyboard: larger, aside, and back.
    browser.ask("document.querySelector('#view').focus()");
    browser.key("+");
    browser.key("ArrowRight");
    let moved = four(&browser.ask(seen));
    assert!(moved[2] < first[2] && moved[0] > first[0], "{moved:?}");
    browser.key("0");
    assert_eq!(four(&browser.ask(seen)), first);
    // By mouse: the wheel enlarges, dragging moves.
    let spot = four(&browser.ask("(() => { const r = document.querySelector('#view').getBoundingClientRect(); return [r.x + 9, r.y + 9]; })()"));
    let mouse = |browser: &mut Browser, kind: &str, dx: f64, wheel: f64| {
        browser.call(
            "Input.dispatchMouseEvent",
            &json!({"type": kind, "x": spot[0] + dx, "y": spot[1], "button": if wheel == 0.0 { "left" } else { "none" },
                "buttons": 1, "clickCount": 1, "deltaX": 0, "deltaY": wheel}),
        );
    };
    mouse(&mut browser, "mouseWheel", 0.0, -300.0);
    let larger = four(&browser.ask(seen));
    assert!(larger[2] < first[2], "{larger:?}");
    mouse(&mut browser, "mousePressed", 0.0, 0.0);
    mouse(&mut browser, "mouseMoved", 50.0, 0.0);
    mouse(&mut browser, "mouseReleased", 50.0, 0.0);
    let dragged = four(&browser.ask(seen));
    assert!(
        dragged[0] < larger[0] && (dragged[2] - larger[2]).abs() < 1e-6,
        "{dragged:?}"
    );
    // Points are buttons that Tab reaches, and each tells its stories.
    browser.ask("document.querySelector('#view').focus()");
    browser.tab();
    let name = "document.activeElement.getAttribute('aria-label')";
    let label = browser.ask(name);
    assert!(
        label.as_str().unwrap().contains("stories and rules: "),
        "{label}"
    );
    assert_eq!(
        browser.ask("document.activeElement.getAttribute('role')"),
        "button"
    );
    let told = browser.ask("[...document.querySelectorAll('#told li')].length");
    assert!(told.as_u64().unwrap() > 1);
    reach_everything(&mut browser);
    for theme in ["light", "dark"] {
        let features = json!([{"name": "prefers-color-scheme", "value": theme}]);
        browser.call("Emulation.setEmulatedMedia", &json!({"features": features}));
        assert_eq!(browser.ask(FAINT), json!([]), "{theme}");
    }
    // Every way stands in the table.
    browser.ask("document.querySelector('#filter').focus()");
    browser.call("Input.insertText", &json!({"text": "order_coffee"}));
    let rows = browser.ask(&column("ways", 2));
    assert!(rows.as_array().unwrap().len() > 1, "{rows}");
    browser.ask("document.querySelector('#ways tbody tr td:nth-child(3) button').click()");
    let chosen = "document.querySelector('#view .chosen')?.dataset.node !== undefined";
    assert_eq!(browser.ask(chosen), true);
}
