extension AnswerRow {
    /// The rows that every service has, to be put behind its own: faults, pauses, and what a proxy, a sign-in page or a web
    /// server answers in a service's place.
    ///
    /// - Parameters:
    ///   - service: "GitLab".
    ///   - endpoint: what to check where something else answered: half a sentence.
    public static func common(_ service: String, endpoint: String, advice: Advice) -> [AnswerRow] {
        passing + astray(service, endpoint) + [
            AnswerRow(.fails(.unauthorized), 401...401, advice.unauthorized),
            AnswerRow(.fails(.unauthorized), 403...403, advice.unauthorized),
            AnswerRow(.fails(.notFound), 404...404, advice.notFound),
            AnswerRow(.fails(.conflict), 409...409, advice.conflict),
            AnswerRow(.strays, advice.invalid) { (400..<500).contains($0.status) && !$0.response.isJSON },
            AnswerRow(.fails(.invalidConfiguration), 400...499, advice.invalid),
            AnswerRow(.fails(.retryable), 0...999, "fault on the service's side"),
        ]
    }

    private static var passing: [AnswerRow] {
        [
            AnswerRow(.pauses(orElse: nil), 429...429, "rate limit"),
            AnswerRow(.pauses(orElse: nil), "the service asks for a pause") {
                ($0.status >= 500 || $0.status == 408 || $0.status == 425) && $0.response.header("retry-after") != nil
            },
            AnswerRow(.fails(.retryable), 500...999, "fault on the service's side"),
            AnswerRow(.fails(.retryable), "a temporary fault") {
                $0.status == 408 || $0.status == 425
            },
        ]
    }

    private static func astray(_ service: String, _ endpoint: String) -> [AnswerRow] {
        [
            AnswerRow(
                .fails(.retryable), "a web page answered, not \(service): it does not confirm anything; \(endpoint)"
            ) {
                (200..<300).contains($0.status) && $0.response.isPage
            },
            AnswerRow(.fails(.retryable), 203...203, "a proxy changed the answer, so it does not confirm anything"),
            AnswerRow(.fails(.retryable), 200...299, "the answer is not understood, so it does not confirm anything"),
            AnswerRow(.strays, advice: { "redirected to a sign-in page (\(shown($0))): \(endpoint)" }) {
                (300..<400).contains($0.status) && isSignIn($0.response.header("location"))
            },
            AnswerRow(.strays, advice: { "redirected to \(shown($0)); \(endpoint)" }) {
                (300..<400).contains($0.status) && $0.response.header("location") != nil
            },
            AnswerRow(.strays, 300...399, "redirected; \(endpoint)"),
            AnswerRow(.strays, 407...407, "a proxy asks for a password: check https_proxy and no_proxy"),
            AnswerRow(.strays, "a web page answered, not \(service): \(endpoint)") { $0.response.isPage },
        ]
    }

    /// Where an answer leads, without the query, which may hold more than is to be shown.
    private static func shown(_ answer: Answer) -> String {
        oneLine(String((answer.response.header("location") ?? "").prefix { $0 != "?" && $0 != "#" }))
    }

    /// Whether a redirect leads to a page for people who are to sign in.
    private static func isSignIn(_ location: String?) -> Bool {
        let path = (location ?? "").lowercased()
        return ["sign_in", "signin", "sign-in", "login", "/sso", "saml", "oauth2", "/authorize"].contains {
            path.has($0)
        }
    }
}

extension HTTPResponse {
    /// Whether a web page answered, where a service answers with JSON: a sign-in page, a proxy's or a web server's.
    public var isPage: Bool {
        let type = header("content-type")?.lowercased() ?? ""
        return type.has("html") || hasMarkup
    }

    /// Whether the body is a page's, whatever the header fields say of it.
    var hasMarkup: Bool {
        text.withBytes { bytes in
            let start = bytes.prefix(64).drop { $0 <= 0x20 }
            let text = String(decoding: start.prefix(16), as: UTF8.self).lowercased()
            return text.hasPrefix("<html") || text.hasPrefix("<!doctype")
        }
    }

    /// Whether the body begins as JSON does: where it does not, something else than the service may have answered.
    var isJSON: Bool {
        text.withBytes { bytes in bytes.first { $0 > 0x20 }.map { "{[".utf8.contains($0) } ?? false }
    }

    /// Whether the answer is a yes with one of those statuses. Never a 203, which a proxy changed on the way, nor a web
    /// page, whatever its status.
    public func isYes(_ statuses: Int...) -> Bool {
        statuses.contains(status) && status != 203 && !isPage
    }
}
