internal import JSON
internal import Synchronization

/// The service as the plugin sees it: the fixture's replies, or a fault in their place.
final class World: Sendable {
    /// Which requests the fault is the answer to.
    enum Position: Sendable, Equatable {
        case every
        /// Counted from 0.
        case only(Int)
    }

    private struct State {
        var requests = 0
        var kept: [String: JSONValue] = [:]
        var order: [String] = []
        var unmatched: [String] = []
    }

    private let rules: [Rule]?
    private let fault: (fault: Fault, position: Position)?
    private let mutation: (@Sendable (Int, Answer) -> Answer)?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - rules: the fixture's; nil: every request is answered with `{}`.
    ///   - mutation: changes each of the service's own answers.
    init(
        _ rules: [Rule]?, fault: Fault? = nil, at position: Position = .every,
        mutation: (@Sendable (Int, Answer) -> Answer)? = nil
    ) {
        self.rules = rules
        self.fault = fault.map { ($0, position) }
        self.mutation = mutation
    }

    /// Requests that no rule of the fixture is for.
    var unmatched: [String] { state.withLock { $0.unmatched } }

    func answer(_ request: inout Request) -> Answer {
        let number = state.withLock { state in
            state.requests += 1
            return state.requests - 1
        }
        if let fault, fault.position == .every || fault.position == .only(number) {
            request.isFaulted = true
            guard fault.fault.echoes else { return fault.fault.answer }
            var answer = fault.fault.answer
            let headers = request.headers.map { "\($0.name): \($0.value)" }.joined(separator: "; ")
            answer.body = Array("refused: \(request.method) \(request.url) with \(headers) and ".utf8) + request.body
            return answer
        }
        let answer: Answer
        (answer, request.isQuestion) = serve(request, number)
        return mutation?(number, answer) ?? answer
    }

    /// - Returns: the answer, and whether the request asks and changes nothing, whatever its method.
    private func serve(_ request: Request, _ number: Int) -> (Answer, isQuestion: Bool) {
        guard let rules else { return (.json(200, .object([:])), false) }
        return state.withLock { state in
            let path = request.path
            for rule in rules {
                guard let captures = rule.captures(request.method, path) else { continue }
                let template = Template(captures: captures, body: request.body, number: number)
                guard rule.applies(template, to: state.kept) else { continue }
                if let store = rule.store {
                    let key = template.text(store.key)
                    let value = template.value(store.value, kept: state.kept, order: state.order)
                    if state.kept[key] == nil { state.order.append(key) }
                    state.kept[key] =
                        value.object == nil ? value : (state.kept[key] ?? .object([:])).setting(value.object!)
                }
                func filled(_ value: JSONValue) -> JSONValue {
                    template.value(value, kept: state.kept, order: state.order)
                }
                if let text = rule.text {
                    let body = Array((filled(text).string ?? "").utf8)
                    return (Answer(status: UInt32(rule.status), headers: rule.headers, body: body), rule.isQuestion)
                }
                return (.json(rule.status, rule.body.map(filled), rule.headers), rule.isQuestion)
            }
            state.unmatched.append("\(request.method) \(path)")
            let words = "conformance.json has no reply for this request"
            return (.json(404, .object(["message": .string(words)])), false)
        }
    }
}
