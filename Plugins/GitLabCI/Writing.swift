import PusherKit

/// One variable and what it shall hold.
struct Writing {
    let key: String
    let value: SecretBytes
    /// Whether job logs mask it when keyturn creates it and the target does not say.
    let isMaskedWhenNew: Bool

    /// Writes it, and makes sure that the answer is about this variable, in this scope, with this value.
    ///
    /// - Parameter exists: whether the variable is there, or nil to find out by trying to change it.
    func write(to target: Target, exists: Bool?, client: Client, call: borrowing Call) throws(PushFailure) -> Written {
        if exists != false {
            let response = try client.update(key, value, of: target, call: call)
            if response.status == 200 { return try confirm(response, target) }
            guard exists == nil, isMissingVariable(response) else { throw rejection(response, for: target, key: key) }
        }
        let response = try client.create(key, value, masked: isMaskedWhenNew, of: target, call: call)
        guard response.status == 201 else { throw rejection(response, for: target, key: key) }
        return try confirm(response, target)
    }

    private func confirm(_ response: HTTPResponse, _ target: Target) throws(PushFailure) -> Written {
        guard let answer = response.json(Variable.self), answer.key == key else {
            throw rejection(response, for: target, key: key)
        }
        guard target.matches(scope: answer.environmentScope) else {
            let scope = oneLine(answer.environmentScope ?? "none", limit: 60)
            throw PushFailure(
                .conflict,
                "\(target.subject(key)): \(response.status), but GitLab wrote the variable of scope \(scope): "
                    + "set that one right, and create one of the wanted scope")
        }
        guard let value = answer.value else { return Written(key: key, status: response.status, isReadBack: false) }
        guard value == self.value else {
            throw PushFailure(
                .retryable,
                "\(target.subject(key)): \(response.status), but the answer shows another value: "
                    + "it is not taken as a yes")
        }
        return Written(key: key, status: response.status, isReadBack: true)
    }
}

/// A write that GitLab confirmed.
struct Written: CustomStringConvertible {
    let key: String
    let status: Int
    /// True where the answer showed the value; hidden variables show none.
    let isReadBack: Bool

    var description: String { "\(key) \(status == 201 ? "created" : "updated") (\(status))" }
}
