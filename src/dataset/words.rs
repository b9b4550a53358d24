//! Words that people head columns with, in the languages of the tables that were looked at.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// What a header's words say about its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Hint {
    /// Messages.
    Text,
    /// Intents, by that name.
    Intent,
    /// Labels of some kind: class, category, topic.
    Label,
    /// A coarse label that needs a finer one beside it.
    Scenario,
    /// Answers.
    Response,
    /// Something else: numbers, dates, addresses, markup.
    Other,
}

const TEXT: &[&str] = &[
    "text",
    "texts",
    "utterance",
    "utterances",
    "query",
    "queries",
    "question",
    "questions",
    "message",
    "messages",
    "masseges",
    "sentence",
    "sentences",
    "phrase",
    "phrases",
    "user input",
    "user",
    "input",
    "prompt",
    "pattern",
    "patterns",
    "example",
    "examples",
    "request",
    "instruction",
    "sms",
    "tweet",
    "comment",
    "review",
    "content",
    "body",
    "answer annotation",
    "answer from anno",
    "answer from user",
    "answer normalised",
    "ask",
    "said",
    "customer",
    "client",
    "human",
    "says",
    "training phrase",
    // Spanish, Portuguese, Italian, French, German, Dutch, Polish, Turkish
    "frase",
    "frases",
    "pregunta",
    "preguntas",
    "texto",
    "textos",
    "mensaje",
    "mensajes",
    "enunciado",
    "consulta",
    "pergunta",
    "perguntas",
    "mensagem",
    "domanda",
    "domande",
    "testo",
    "messaggio",
    "texte",
    "textes",
    "enonce",
    "requete",
    "phrase utilisateur",
    "frage",
    "fragen",
    "nachricht",
    "nachrichten",
    "satz",
    "eingabe",
    "ausserung",
    "aeusserung",
    "vraag",
    "zin",
    "bericht",
    "tekst",
    "pytanie",
    "wiadomosc",
    "soru",
    "metin",
    "mesaj",
    // Russian, Ukrainian, Greek, Arabic, Hebrew, Hindi, Thai, Chinese, Japanese, Korean, Vietnamese, Indonesian
    "текст",
    "вопрос",
    "вопросы",
    "фраза",
    "сообщение",
    "запрос",
    "питання",
    "ερωτηση",
    "سؤال",
    "السؤال",
    "نص",
    "שאלה",
    "प्रश्न",
    "सवाल",
    "ข้อความ",
    "คำถาม",
    "问题",
    "問題",
    "文本",
    "句子",
    "问句",
    "提问",
    "用户输入",
    "質問",
    "テキスト",
    "発話",
    "질문",
    "발화",
    "텍스트",
    "문장",
    "cau hoi",
    "pertanyaan",
    "kalimat",
];

const INTENT: &[&str] = &[
    "intent",
    "intents",
    "intention",
    "intentions",
    "intent name",
    "intencion",
    "intenciones",
    "intencao",
    "intento",
    "absicht",
    "intentie",
    "intencja",
    "niyet",
    "интент",
    "намерение",
    "намір",
    "意图",
    "意圖",
    "意図",
    "インテント",
    "의도",
    "인텐트",
    "เจตนา",
    "نية",
    "y dinh",
];

const LABEL: &[&str] = &[
    "label",
    "labels",
    "class",
    "classes",
    "category",
    "categories",
    "tag",
    "tags",
    "topic",
    "topics",
    "target",
    "type",
    "subject",
    "sentiment",
    "clase",
    "categoria",
    "categorias",
    "etiqueta",
    "tema",
    "classe",
    "categorie",
    "etiquette",
    "sujet",
    "theme",
    "kategorie",
    "klasse",
    "thema",
    "etichetta",
    "assunto",
    "etykieta",
    "kategoria",
    "klasa",
    "etiket",
    "kategori",
    "категория",
    "класс",
    "метка",
    "тема",
    "تصنيف",
    "فئة",
    "הקטגוריה",
    "श्रेणी",
    "หมวดหมู่",
    "ป้าย",
    "标签",
    "類別",
    "类别",
    "分类",
    "分類",
    "ラベル",
    "カテゴリ",
    "クラス",
    "라벨",
    "카테고리",
    "label name",
];

const SCENARIO: &[&str] = &[
    "scenario",
    "domain",
    "skill",
    "scenarios",
    "domains",
    "area",
    "module",
];

const RESPONSE: &[&str] = &[
    "response",
    "responses",
    "answer",
    "answers",
    "reply",
    "replies",
    "bot response",
    "bot",
    "output",
    "completion",
    "assistant",
    "agent",
    "respuesta",
    "respuestas",
    "resposta",
    "respostas",
    "risposta",
    "risposte",
    "reponse",
    "reponses",
    "antwort",
    "antworten",
    "antwoord",
    "odpowiedz",
    "cevap",
    "yanit",
    "ответ",
    "ответы",
    "відповідь",
    "απαντηση",
    "جواب",
    "اجابة",
    "إجابة",
    "الجواب",
    "תשובה",
    "उत्तर",
    "जवाब",
    "คำตอบ",
    "答案",
    "回答",
    "答复",
    "回复",
    "応答",
    "답변",
    "응답",
    "대답",
    "tra loi",
    "jawaban",
    "utter",
];

const OTHER: &[&str] = &[
    "id",
    "ids",
    "index",
    "idx",
    "no",
    "nr",
    "number",
    "date",
    "time",
    "timestamp",
    "created",
    "updated",
    "update",
    "lang",
    "language",
    "locale",
    "country",
    "region",
    "city",
    "source",
    "link",
    "url",
    "html",
    "file",
    "name",
    "author",
    "score",
    "count",
    "rating",
    "difficulty",
    "flag",
    "flags",
    "split",
    "answerid",
    "confidence",
    "version",
    "status",
    "uuid",
];

/// Returns what a header says about its column, and how clearly: 3 as a whole, 2 by its last word, 1 by another.
pub(super) fn hint(header: &str) -> Option<(Hint, u8)> {
    let words = tokens(header);
    let whole = words.join(" ");
    if whole.is_empty() || words.len() > 4 {
        return None;
    }
    let lists = [
        (Hint::Text, TEXT),
        (Hint::Intent, INTENT),
        (Hint::Label, LABEL),
        (Hint::Scenario, SCENARIO),
        (Hint::Response, RESPONSE),
        (Hint::Other, OTHER),
    ];
    let find = |word: &str| {
        lists
            .iter()
            .find(|(_, list)| list.contains(&word))
            .map(|(hint, _)| *hint)
    };
    if let Some(hint) = find(&whole) {
        return Some((hint, 3));
    }
    // `answer_html` and `intent id` are about something else than answers and intents.
    if words.iter().any(|word| OTHER.contains(&word.as_str())) {
        return Some((Hint::Other, 2));
    }
    let mut hints = words
        .iter()
        .rev()
        .enumerate()
        .filter_map(|(i, word)| find(word).map(|hint| (hint, if i == 0 { 2 } else { 1 })));
    hints.next()
}

/// Splits a header into lower-case words without accents: `answerFrom_Anno` gives `answer from anno`.
fn tokens(header: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in header.nfd() {
        let latin_mark = ('\u{300}'..='\u{36f}').contains(&c);
        if latin_mark {
            continue;
        }
        if !(c.is_alphanumeric() || is_combining_mark(c)) || c.is_uppercase() && was_lower {
            words.push(String::new());
        }
        was_lower = c.is_lowercase();
        if let Some(word) = words.last_mut()
            && (c.is_alphanumeric() || is_combining_mark(c))
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    for word in &mut words {
        // Hangul and the like must be composed again to match the lists.
        *word = word.nfc().collect();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_understood_in_many_forms() {
        for (header, expected) in [
            ("text", Some((Hint::Text, 3))),
            (" User Question ", Some((Hint::Text, 2))),
            ("user_input", Some((Hint::Text, 3))),
            ("bot_response", Some((Hint::Response, 3))),
            ("Réponse", Some((Hint::Response, 3))),
            ("Intención", Some((Hint::Intent, 3))),
            ("Catégorie", Some((Hint::Label, 3))),
            ("answer_from_anno", Some((Hint::Text, 3))),
            ("answerid", Some((Hint::Other, 3))),
            ("answer_html", Some((Hint::Other, 2))),
            ("question_ar", Some((Hint::Text, 1))),
            ("answerText", Some((Hint::Text, 2))),
            ("질문", Some((Hint::Text, 3))),
            ("คำถาม", Some((Hint::Text, 3))),
            ("प्रश्न", Some((Hint::Text, 3))),
            ("I need help with my question now", None),
            ("v1", None),
            ("", None),
        ] {
            assert_eq!(hint(header), expected, "{header}");
        }
    }
}
