internal import Secrets

/// The secrets that a pusher was given, its own and those of the pairs that it pushed: they are looked for in whatever it says.
struct KnownSecrets {
    /// Pairs whose secrets are looked for.
    private static let rememberedPairs = 128

    private let own: [Secret]
    /// The latest last.
    private var pairs: [Secret] = []
    private(set) var redactor: Redactor

    init(own: [Secret]) {
        self.own = own
        redactor = Redactor(own)
    }

    /// A pusher may reveal a pair in another call than its own, so the latest ones are all looked for.
    mutating func remember(_ secret: Secret) {
        guard !own.contains(secret), !pairs.contains(secret) else { return }
        if pairs.count >= Self.rememberedPairs { pairs.removeFirst() }
        pairs.append(secret)
        redactor = Redactor(own + pairs)
    }

    /// A process that is gone leaks nothing, and its successor has not seen them.
    mutating func forgetPairs() {
        guard !pairs.isEmpty else { return }
        pairs = []
        redactor = Redactor(own)
    }
}
