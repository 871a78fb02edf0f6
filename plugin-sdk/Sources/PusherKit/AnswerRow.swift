/// An answer that is not a yes, as the rows of a service's table see it.
public struct Answer: Sendable {
    /// The answer.
    public let response: HTTPResponse
    /// The service's own words; empty where a web page answered.
    public let text: String

    /// An answer, and what it says.
    public init(_ response: HTTPResponse, text: String) {
        self.response = response
        self.text = text
    }

    /// The status.
    public var status: Int { response.status }

    /// Whether the service's words hold one of those, in upper or lower case.
    public func says(_ words: String...) -> Bool {
        let said = text.lowercased()
        return words.contains { said.has($0) }
    }
}

/// What one kind of answer means: a row of a service's table. The first row that an answer fits decides.
public struct AnswerRow: Sendable {
    /// What becomes of the call.
    public enum Outcome: Sendable {
        /// It failed for that reason.
        case fails(PushFailure.Reason)
        /// The service asks for a pause: as long as the answer says, else as its vendor documents; nil: it documents none.
        case pauses(orElse: Duration?)
        /// Something on the way answered in the service's place. A half-written pair is finished as soon as that passes;
        /// before the first write it is the configuration that has to change.
        case strays
    }

    private let applies: @Sendable (Answer) -> Bool
    private let outcome: Outcome
    private let advice: @Sendable (Answer) -> String

    /// A row.
    ///
    /// - Parameters:
    ///   - applies: whether an answer is of this kind.
    ///   - outcome: what becomes of the call.
    ///   - advice: what the operator can do: half a sentence, put after the service's own words.
    public init(
        _ outcome: Outcome, _ advice: @autoclosure @escaping @Sendable () -> String,
        when applies: @escaping @Sendable (Answer) -> Bool
    ) {
        self.applies = applies
        self.outcome = outcome
        self.advice = { _ in advice() }
    }

    /// A row whose advice depends on the answer.
    public init(
        _ outcome: Outcome, advice: @escaping @Sendable (Answer) -> String,
        when applies: @escaping @Sendable (Answer) -> Bool
    ) {
        self.applies = applies
        self.outcome = outcome
        self.advice = advice
    }

    /// A row for statuses.
    public init(
        _ outcome: Outcome, _ statuses: ClosedRange<Int>, _ advice: @autoclosure @escaping @Sendable () -> String
    ) {
        self.init(outcome, advice: { _ in advice() }, when: { statuses.contains($0.status) })
    }

    /// The failure that the answer means, or nil where it is of another kind.
    fileprivate func failure(_ answer: Answer, about subject: String) -> PushFailure? {
        guard applies(answer) else { return nil }
        let said = oneLine(answer.text)
        let start = "\(subject): \(answer.status)" + (said.isEmpty ? "" : " (\(said))")
        let advice = advice(answer)
        switch outcome {
        case .fails(let reason): return PushFailure(reason, "\(start): \(advice)")
        case .strays:
            let isHalf = answer.response.followsWrite
            return PushFailure(isHalf ? .retryable : .invalidConfiguration, "\(start): \(advice)")
        case .pauses(let documented):
            let pause = answer.response.retryAfter ?? answer.response.limitReset ?? documented
            let wait = pause.map { "; wait \($0.components.seconds) s" } ?? ""
            return PushFailure(.rateLimited(after: pause), "\(start): \(advice)\(wait)")
        }
    }
}

extension Answer {
    /// The failure that the answer means, by the first of the rows that it fits.
    public func failure(about subject: String, _ rows: [AnswerRow]) -> PushFailure {
        for row in rows {
            if let failure = row.failure(self, about: subject) { return failure }
        }
        return PushFailure(.retryable, "\(subject): \(status): the answer is not understood")
    }
}
