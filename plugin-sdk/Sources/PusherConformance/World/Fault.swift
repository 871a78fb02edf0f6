internal import CKeyturnPusher
internal import JSON

/// What goes wrong, and which outcomes of a call are in place then. Any other that is not "ok" is surprising.
struct Fault: Sendable {
    var name: String
    /// What was sent, where the name alone leaves open what the service meant: `404 with the body {…}`.
    var sent: String?
    var answer: Answer
    var expected: Set<kt_outcome>
    /// A 2xx that confirms nothing by itself: some services answer with a body, some without.
    var isVagueYes = false
    /// The answer repeats what it was sent, as some services do in their errors.
    var echoes = false

    static func status(
        _ status: Int, _ expected: Set<kt_outcome>, headers: [(name: String, value: String)] = []
    ) -> Fault {
        let text = "conformance: the service answers \(status)"
        let body = JSONValue.object([
            "message": .string(text), "error": .string(text), "errors": .array([.string(text)]),
        ])
        return Fault(
            name: "\(status)", sent: "\(status) with the body \(body.text)", answer: .json(status, body, headers),
            expected: expected)
    }

    static func transport(_ error: kt_http_error, _ name: String, _ expected: Set<kt_outcome>) -> Fault {
        Fault(name: name, answer: Answer(error: error, errorText: "conformance: \(name)"), expected: expected)
    }

    static let passing: Set<kt_outcome> = [KT_RETRYABLE, KT_RATE_LIMITED]
    static let notUnderstood: Set<kt_outcome> = [KT_RETRYABLE, KT_INVALID_CONFIG, KT_INTERNAL, KT_UNSUPPORTED]

    static let serverError = status(500, passing)
    static let lost = transport(KT_HTTP_LOST, "the answer is lost", [KT_RETRYABLE, KT_TIMED_OUT])
    static let forbidden = status(403, [KT_UNAUTHORIZED, KT_NOT_FOUND, KT_RATE_LIMITED])

    static let garbage = Fault(
        name: "a page that is not the service's",
        answer: Answer(
            status: 200, headers: [("content-type", "text/html")],
            body: Array("<!DOCTYPE html><html><title>Log in to the hotel's network</title></html>".utf8)),
        expected: notUnderstood, isVagueYes: true)
    static let empty = Fault(
        name: "200 without a body", answer: Answer(status: 200), expected: notUnderstood, isVagueYes: true)
    static let cut = Fault(
        name: "a body that ends in the middle",
        answer: Answer(
            status: 200, headers: [("content-type", "application/json")], body: Array(#"{"name":"AWS_ACC"#.utf8)),
        expected: notUnderstood, isVagueYes: true)
    static let strange = Fault(
        name: "JSON of another shape",
        answer: Answer(
            status: 200, headers: [("content-type", "application/json")],
            body: Array(#"[[[[{"a":[null,-1e999,{"":{}}],"value":17,"name":[],"id":{}}]]]]"#.utf8)),
        expected: notUnderstood, isVagueYes: true)
    static let echo = Fault(
        name: "400 that repeats what it was sent",
        answer: Answer(status: 400, headers: [("content-type", "text/plain")]),
        expected: [KT_INVALID_CONFIG, KT_RETRYABLE, KT_CONFLICT], echoes: true)
}

/// A name for an outcome.
func outcomeName(_ outcome: kt_outcome) -> String {
    let names = [
        "KT_OK", "KT_UNCHANGED", "KT_RETRYABLE", "KT_RATE_LIMITED", "KT_UNAUTHORIZED", "KT_NOT_FOUND", "KT_CONFLICT",
        "KT_INVALID_CONFIG", "KT_CANCELLED", "KT_TIMED_OUT", "KT_UNSUPPORTED", "KT_INTERNAL",
    ]
    return names.indices.contains(Int(outcome)) ? names[Int(outcome)] : "\(outcome), which is not an outcome"
}
