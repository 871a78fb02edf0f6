import FoundationEssentials
import Synchronization

/// What comes before Travis CI's API v3: the ban of clients that post too much, and the check of tokens.
final class TravisGate: Sendable {
    /// More POSTs than this in the window ban a client (its `attack.rb`).
    static let postLimit = 50
    static let windowSeconds = 30.0
    static let banSeconds = 3600.0

    private struct Client { var posts: [Date] = [], bannedUntil: Date? }
    private let clients = Mutex<[String: Client]>([:])
    private let token: String

    init(token: String) { self.token = token }

    /// The refusal, or nil when the request may pass.
    func refusal(of request: Request, at now: Date = Date()) -> Reply? {
        if isBanned(request, at: now) { return .text(403, "Forbidden\n") }
        guard let agent = request.header("User-Agent"), !agent.isEmpty else {
            return .text(400, "missing User-Agent header")
        }
        guard let authorization = request.header("Authorization") else { return TravisError.loginRequired.reply }
        let words = authorization.split(separator: " ", maxSplits: 1).map(String.init)
        // The word is looked up as it is written: `Token` and `Bearer` are unknown to it.
        switch (words.first, words.last) {
        case ("token", let given?), ("basic", let given?), ("Basic", let given?):
            let shown = words[0] == "token" ? Self.unquoted(given) : Self.user(ofBasic: given)
            return Sodium.equal(shown, token) ? nil : .text(403, "access denied", type: "text/html")
        default: return TravisError.wrongCredentials.reply
        }
    }

    func liftBans() { clients.withLock { $0 = [:] } }

    private func isBanned(_ request: Request, at now: Date) -> Bool {
        let name = request.header("Authorization") ?? request.client
        return clients.withLock { clients in
            if clients.count > 1000 { clients.removeAll() }
            var client = clients[name] ?? Client()
            defer { clients[name] = client }
            if let until = client.bannedUntil, until > now { return true }
            guard request.method == "POST" else { return false }
            client.posts = client.posts.filter { now.timeIntervalSince($0) < Self.windowSeconds } + [now]
            if client.posts.count > Self.postLimit { client.bannedUntil = now.addingTimeInterval(Self.banSeconds) }
            return client.bannedUntil.map { $0 > now } ?? false
        }
    }

    private static func unquoted(_ text: String) -> String {
        text.unquoted
    }

    private static func user(ofBasic credentials: String) -> String {
        let text = String(decoding: Data(base64Encoded: credentials) ?? Data(), as: UTF8.self)
        return String(text.prefix { $0 != ":" })
    }
}
