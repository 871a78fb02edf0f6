internal import CSodium
internal import Rotation

/// What one message is about: news of one user, or of many at once.
struct Notice: Sendable {
    /// One user's part.
    struct Member: Sendable {
        var user: String
        var rotation: Rotation
        var news: NotificationEvent

        /// The same for the same news, however often it is sent.
        var id: String {
            let moment = news.since.map { "/\($0.milliseconds)" } ?? ""
            let subject = news.occasion == .drift ? "drift" : news.problem ?? news.key?.rawValue ?? ""
            return "\(user)/\(news.rotation)/\(news.occasion.rawValue)/\(subject)\(moment)"
        }
    }

    /// At least one, sorted by user.
    var members: [Member]
    /// The same whenever it is sent again.
    var id: String
    /// What it opens, adds to or ends; nil: nothing stays open.
    var incident: String?
    /// Users that were reported before, where it adds to that.
    var known = 0
    /// What all have in common, where many are reported for one reason.
    var cause: Cause?
    /// Incidents that no user is part of any more once this is sent.
    var closes: [String] = []

    var occasion: NotificationEvent.Occasion { members[0].news.occasion }
    var isUpdate: Bool { known > 0 }

    /// News of one user.
    init(_ member: Member, incident: String? = nil) {
        members = [member]
        id = member.id
        self.incident = incident
    }

    /// News of many.
    ///
    /// - Parameter id: nil: by its members.
    init(_ members: [Member], id: String? = nil, incident: String? = nil, cause: Cause? = nil) {
        self.members = members.sorted { $0.user < $1.user }
        let kind = members[0].news
        self.id =
            id ?? "\(kind.occasion.rawValue)/\(kind.cause?.id ?? "")/\(Self.digest(members.map(\.id).sorted()))"
        self.incident = incident
        self.cause = cause
    }

    /// A short text that differs for other texts.
    static func digest(_ texts: [String]) -> String {
        let bytes = Array(texts.joined(separator: "\n").utf8)
        var digest = [UInt8](repeating: 0, count: 16)
        let status = crypto_generichash(&digest, digest.count, bytes, UInt64(bytes.count), nil, 0)
        precondition(status == 0, "libsodium cannot hash")
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
