import PusherKit

/// What the API server's answers mean: a row for each kind, the first that fits decides.
struct Answers {
    let target: Target

    func failure(_ response: HTTPResponse) -> PushFailure {
        Self.failure(response, about: target.subject) { rows($0) }
    }

    /// What the answers to a list mean.
    struct Listing {
        /// "Secrets".
        private let items: String
        /// nil: the list is the cluster's.
        private let namespace: String?

        init(_ items: String, in namespace: String?) { (self.items, self.namespace) = (items, namespace) }

        /// What messages begin with.
        var subject: String { oneLine("Kubernetes: \(items)" + (namespace.map { " of namespace \($0)" } ?? "")) }

        func failure(_ response: HTTPResponse) -> PushFailure {
            let role = namespace.map { "a Role in namespace \($0)" } ?? "a ClusterRole"
            return Answers.failure(response, about: subject) { reason in
                [
                    // A page is asked for by a token that ends some minutes after the first one.
                    AnswerRow(
                        .fails(.retryable), "the list took too long, and begins again", when: { $0.status == 410 }),
                    AnswerRow(
                        .fails(.unauthorized), "allow it by \(role) with the verb list for \(items.lowercased())",
                        when: { $0.status == 403 && reason == "Forbidden" }),
                ] + AnswerRow.common("the Kubernetes API server", endpoint: Answers.endpoint, advice: Answers.advice)
            }
        }
    }

    private static func failure(
        _ response: HTTPResponse, about subject: String, _ rows: (_ reason: String?) -> [AnswerRow]
    ) -> PushFailure {
        let error = response.json(VendorError.self)
        let answer = Answer(
            response, text: error.map { $0.message.isEmpty ? $0.reason : $0.message } ?? response.plainText)
        // The Status says how long to wait where a proxy has dropped the header field.
        let seconds = response.retryAfter == nil ? error?.retryAfterSeconds ?? 0 : 0
        let pauses =
            seconds > 0
            ? [
                AnswerRow(.pauses(orElse: bounded(seconds: seconds)), "the API server asks for a pause") {
                    $0.status == 429 || $0.status >= 500
                }
            ] : []
        return answer.failure(about: subject, pauses + rows(error?.reason))
    }

    /// The failure of a write to a Secret that cannot be changed.
    var immutable: PushFailure {
        PushFailure(
            .conflict,
            "\(target.subject): it is immutable, so no one can change it: save it with `\(target.command("get secret \(target.secret) --output yaml"))`"
                + ", delete it, create it again without immutable: true, then run keyturn retry")
    }

    private func rows(_ reason: String?) -> [AnswerRow] {
        let refusal = immutable
        return [
            AnswerRow(.fails(.retryable), "someone else changed it just now") { answer in
                answer.status == 409 && reason == "Conflict"
            },
            AnswerRow(.fails(refusal.reason), "it is immutable: create it again without immutable: true") { answer in
                answer.status == 422 && answer.says("immutable")
            },
            AnswerRow(
                .fails(.notFound),
                "create the Secret once with `\(target.command("create secret generic \(target.secret)"))`; keyturn adds its keys"
            ) { answer in answer.status == 404 && reason == "NotFound" },
            AnswerRow(
                .fails(.unauthorized),
                "allow it in namespace \(target.namespace) by a Role with the verbs get and patch for secrets, resourceNames [\(target.secret)]"
            ) { answer in answer.status == 403 && reason == "Forbidden" },
        ] + AnswerRow.common("the Kubernetes API server", endpoint: Self.endpoint, advice: Self.advice)
    }

    private static let endpoint =
        "check endpoint (https://kubernetes.default.svc, outside the cluster as kubectl cluster-info shows it)"

    private static let advice = Advice(
        unauthorized: "the token is refused: in a pod, give it as `token: { file: … }`, for it is renewed in place",
        notFound: "check namespace, secret and endpoint",
        conflict: "the Secret is in a state that a person must settle: look at it, then run keyturn retry",
        invalid: "the API server refuses what was asked: check the names of the keys, and endpoint")
}
