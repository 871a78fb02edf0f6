import PusherKit

/// What requests are authorized by.
enum Credential: Sendable {
    /// A token of the operator's.
    case token(SecretBytes)
    /// A GitHub App, which makes tokens of its own.
    case app(App)

    var isApp: Bool {
        if case .app = self { true } else { false }
    }

    /// The token for requests about a target.
    func token(for target: Target, call: borrowing Call) throws(PushFailure) -> SecretBytes {
        switch self {
        case .token(let token): token
        case .app(let app): try app.token(for: target, insteadOf: nil, call: call)
        }
    }

    /// Another token in place of one that GitHub refused; nil where there is no other.
    func token(
        for target: Target, insteadOf refused: SecretBytes, call: borrowing Call
    ) throws(PushFailure) -> SecretBytes? {
        switch self {
        case .token: nil
        case .app(let app): try app.token(for: target, insteadOf: refused, call: call)
        }
    }
}
