import PusherKit

/// GitHub shows a write some seconds after it took it. What it still shows of before is no reason to write again.
extension Client {
    /// How long to wait before looking again, in seconds: two more looks within three seconds.
    private static let pauses: [Int64] = [1, 2]

    /// The evidence of a push whose writes GitHub has all said yes to.
    ///
    /// The values of secrets cannot be read, but the times of writing can. They are compared with what GitHub showed before
    /// the push, time for time, so no clock plays a part in it: not this machine's, nor a proxy's, nor the difference between
    /// GitHub's own machines. Where the times have not changed after some seconds, because GitHub's list lags or because
    /// two pushes came within a second, GitHub's yes is what there is.
    func confirm(
        _ message: String, _ names: [String], since former: SecretList, in target: Target, call: borrowing Call
    ) -> Confirmation {
        for pause in [0] + Self.pauses {
            guard rest(pause, call: call) else { break }
            guard let secrets = try? secrets(names, of: target, call: call) else { break }
            let isNew = names.allSatisfy { name in
                secrets[name].map { $0.updatedAt != former[name]?.updatedAt && rfc3339($0.updatedAt) != nil } ?? false
            }
            if isNew {
                return Confirmation(.timestamp, message, changedAt: newest(names.map { secrets[$0]?.updatedAt }))
            }
        }
        return Confirmation(.acknowledged, "\(message); GitHub does not show the times of these writes yet")
    }

    /// The evidence of a push whose key ID is a variable, which can be read back.
    ///
    /// - Throws: `.retryable` where GitHub shows a value that is neither the new one nor the one of before.
    func confirmVariable(
        _ keyID: String, _ message: String, since former: Variable?, in target: Target, call: borrowing Call
    ) throws(PushFailure) -> Confirmation {
        let name = target.accessKeyID
        for pause in [0] + Self.pauses {
            guard rest(pause, call: call) else { break }
            guard let shown = try? variable(name, of: target, call: call) else {
                // It is not listed yet, or cannot be read at the moment.
                continue
            }
            if shown.value == keyID {
                // The secret went before it, so this is the later of the two times.
                return Confirmation(.readBack, message, changedAt: newest([shown.updatedAt]))
            }
            guard shown.value == former?.value else {
                throw PushFailure(
                    .retryable,
                    "\(target.subject(name)): written, but GitHub shows another value: it does not confirm anything")
            }
        }
        return Confirmation(
            .acknowledged,
            message.replaced(" and read back", by: "") + "; GitHub does not show the new value of \(name) yet")
    }

    /// Waits, unless the call has no time for it.
    private func rest(_ seconds: Int64, call: borrowing Call) -> Bool {
        guard seconds > 0 else { return true }
        if let remaining = call.remaining, remaining < .seconds(seconds + 2) { return false }
        return (try? call.sleep(.seconds(seconds))) != nil
    }
}
